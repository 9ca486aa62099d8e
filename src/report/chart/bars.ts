import { CHARACTER, type ChartOptions, drawSvg, heading, INK } from './echarts.js';

export interface BarSeries {
  readonly name: string;
  readonly color: string;
  /** One value for each label, above zero on a log scale; null draws no bar. */
  readonly values: readonly (number | null)[];
}

/** A chart with one group of bars per label. */
export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly labels: readonly string[];
  readonly series: readonly BarSeries[];
  /** Start of the log scale, above zero; undefined for shares, on a linear scale from 0 to 1. */
  readonly least: number | undefined;
  readonly format: (value: number) => string;
}

const BAR = 15;
const GROUP_GAP = 14;
const TOP = 100;
const BOTTOM = 40;
const RIGHT = 76;

/** Draws horizontal bars; returns the text of an SVG file. */
export function drawBars(
  { title, subtitle, labels, series, least, format }: BarChart,
  { theme, width }: Required<ChartOptions>,
): Promise<string> {
  const height = TOP + BOTTOM + labels.length * (series.length * BAR + GROUP_GAP);
  const left = 24 + CHARACTER * Math.max(...labels.map((label) => label.length));
  const { text, lines } = INK[theme];
  return drawSvg(
    {
      title: heading(title, subtitle, text),
      legend: { top: 62, left: 0, itemGap: 24, textStyle: { color: text } },
      grid: { left, right: RIGHT, top: TOP, bottom: BOTTOM },
      xAxis: {
        ...(least === undefined ? { type: 'value', min: 0, max: 1 } : { type: 'log', min: least }),
        axisLabel: { color: text, formatter: format },
        splitLine: { lineStyle: { color: lines } },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: [...labels],
        axisTick: { show: false },
        axisLine: { lineStyle: { color: lines } },
        axisLabel: { color: text, interval: 0 },
      },
      series: series.map(({ name, color, values }) => ({
        name,
        color,
        type: 'bar' as const,
        barWidth: BAR - 3,
        data: values.map((value) => value ?? '-'),
        label: {
          show: true,
          position: 'right' as const,
          color: text,
          formatter: ({ value }: { value: unknown }) => format(Number(value)),
        },
      })),
    },
    { width, height },
  );
}
