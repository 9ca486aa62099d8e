import type { Calibration } from '../../explain/calibration.js';
import { integer, percent } from '../../numbers.js';
import { type ChartOptions, type ChartTheme, drawSvg, heading, INK } from './echarts.js';

const COLOURS: Readonly<Record<ChartTheme, Readonly<Record<'accuracy' | 'images', string>>>> = {
  light: { accuracy: '#1f4e9c', images: '#8fb3e8' },
  dark: { accuracy: '#8fb3e8', images: '#3f6fc4' },
};

/** Pixels. */
const LEFT = 64;
const RIGHT = 24;
const TOP = 70;
const GAP = 26;
const COUNTS = 80;
const BOTTOM = 52;
/** Space between bars, in pixels. */
const BETWEEN = 3;
/** The diagram is a square up to this side: in one that is wider, small gaps are hard to see. */
const LARGEST_SIDE = 420;

/** Draws a reliability diagram, and below it how many images each bar stands for; see `renderChart`. */
export async function drawReliability(
  { error, bins }: Calibration,
  { theme, width }: Required<ChartOptions>,
): Promise<string> {
  const { text, lines } = INK[theme];
  const side = Math.min(LARGEST_SIDE, width - LEFT - RIGHT);
  const barWidth = Math.max(1, side / bins.length - BETWEEN);
  const images = bins.reduce((sum, bin) => sum + bin.images, 0);
  // Both begin at the same place, whatever the widths of their labels.
  const grid = { left: LEFT, width: side, outerBoundsMode: 'none' as const };
  const grids = [
    { ...grid, top: TOP, height: side },
    { ...grid, top: TOP + side + GAP, height: COUNTS },
  ];
  const name = {
    nameLocation: 'middle' as const,
    nameTextStyle: { color: text },
  };
  const unit = {
    type: 'value' as const,
    min: 0,
    max: 1,
    interval: 0.2,
    axisLine: { show: false },
    axisTick: { show: false },
    // Otherwise half a bar is added at both ends.
    containShape: false,
    axisLabel: { color: text, formatter: (share: number) => `${Math.round(100 * share)}%` },
    splitLine: { lineStyle: { color: lines } },
  };
  const middle = ({ from, to }: Calibration['bins'][number]) => (from + to) / 2;
  return drawSvg(
    {
      title: heading(
        'Reliability',
        `expected calibration error ${percent(error)} on ${integer(images)} images; below the line: overconfident`,
        text,
      ),
      grid: grids,
      xAxis: [
        { ...unit, gridIndex: 0, axisLabel: { show: false } },
        {
          ...{ ...unit, ...name, gridIndex: 1, splitLine: { show: false } },
          ...{ name: 'probability of the predicted class', nameGap: 30 },
        },
      ],
      yAxis: [
        { ...unit, ...name, gridIndex: 0, name: 'correct', nameGap: 46 },
        {
          ...name,
          gridIndex: 1,
          type: 'value' as const,
          name: 'images',
          nameGap: 46,
          minInterval: 1,
          axisLine: { show: false },
          axisTick: { show: false },
          splitNumber: 2,
          axisLabel: { color: text },
          splitLine: { lineStyle: { color: lines } },
        },
      ],
      series: [
        {
          type: 'bar' as const,
          color: COLOURS[theme].accuracy,
          barWidth,
          data: bins.flatMap((bin) => (bin.accuracy === null ? [] : [[middle(bin), bin.accuracy]])),
        },
        {
          type: 'line' as const,
          color: text,
          symbol: 'none',
          lineStyle: { type: 'dashed' as const, width: 1.5 },
          data: [
            [0, 0],
            [1, 1],
          ],
        },
        {
          ...{ type: 'bar' as const, xAxisIndex: 1, yAxisIndex: 1, barWidth },
          color: COLOURS[theme].images,
          data: bins.map((bin) => [middle(bin), bin.images]),
        },
      ],
    },
    { width, height: TOP + side + GAP + COUNTS + BOTTOM },
  );
}
