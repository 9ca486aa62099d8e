import type { MultiLabelScores } from '../../explain/multi-label.js';
import { integer, percent } from '../../numbers.js';
import { type BarChart, drawBars } from './bars.js';
import type { ChartOptions, ChartTheme } from './echarts.js';

const COLOR: Readonly<Record<ChartTheme, string>> = { light: '#1f4e9c', dark: '#8fb3e8' };

/** Draws a bar for each class, with the mean of all in the subtitle. */
export function drawAveragePrecisions(
  { classes, meanAveragePrecision, total }: MultiLabelScores,
  options: Required<ChartOptions>,
): Promise<string> {
  const mean = meanAveragePrecision === null ? '—' : percent(meanAveragePrecision);
  const chart: BarChart = {
    title: 'Average precision',
    subtitle: `mean ${mean} on ${integer(total)} images`,
    labels: classes.map(({ name }) => name),
    series: [
      {
        name: 'average precision',
        color: COLOR[options.theme],
        values: classes.map(({ averagePrecision }) => averagePrecision),
      },
    ],
    least: undefined,
    format: percent,
  };
  return drawBars(chart, options);
}
