import { type ChartTheme, CHARACTER, drawSvg, heading, INK } from '../src/chart/echarts.js';

/** A colour for each series, told apart by lightness as well as by hue. */
const PALETTE: Readonly<Record<ChartTheme, readonly string[]>> = {
  light: ['#1f4e9c', '#f0b48a'],
  dark: ['#8fb3e8', '#c26a33'],
};

const WIDTH = 760;
const BAR = 15;
const GROUP_GAP = 14;
const [TOP, RIGHT, BOTTOM] = [100, 76, 40];

export interface Series {
  readonly name: string;
  /** One for each label, nothing where there is none. */
  readonly values: readonly (number | undefined)[];
}

export interface Bars {
  readonly title: string;
  readonly subtitle: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
}

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const format = (value: unknown): string => figures.format(Number(value));

/** Bars from the left on a log scale: the text of an SVG file. */
export function drawBars(
  { title, subtitle, labels, series }: Bars,
  theme: ChartTheme,
): Promise<string> {
  const { text, lines } = INK[theme];
  const height = TOP + BOTTOM + labels.length * (series.length * BAR + GROUP_GAP);
  const left = 24 + CHARACTER * Math.max(...labels.map(({ length }) => length));
  const values = series.flatMap((each) => each.values).filter((value) => value !== undefined);
  return drawSvg(
    {
      title: heading(title, subtitle, text),
      legend: { top: 62, left: 0, itemGap: 24, textStyle: { color: text } },
      grid: { left, right: RIGHT, top: TOP, bottom: BOTTOM },
      xAxis: {
        type: 'log',
        // The decade that the least is in.
        min: 10 ** Math.floor(Math.log10(Math.min(...values))),
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
      series: series.map((each, i) => ({
        name: each.name,
        color: PALETTE[theme][i] ?? text,
        type: 'bar' as const,
        barWidth: BAR - 3,
        data: each.values.map((value) => value ?? '-'),
        label: {
          show: true,
          position: 'right' as const,
          color: text,
          formatter: ({ value }: { value: unknown }) => format(value),
        },
      })),
    },
    { width: WIDTH, height },
  );
}
