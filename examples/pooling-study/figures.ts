import type { EChartsOption } from 'echarts';
import { type ChartTheme, drawSvg, heading, INK } from '../../src/report/chart/echarts.js';
import { type Comparison, comparisonsOf, differs, type Measure } from './comparisons.js';
import { placeName, type TaskResults } from './tables.js';

const WIDTH = 760;
const TOP = 100;
const BOTTOM = 60;
const LEFT = 190;
const GAP = 44;
const ROW = 20;
/** Between tasks, in rows. */
const SPACE = 0.6;
const MARK = 6;
const INTERVAL = 1.5;
/** Between the line at zero and what it separates, in pixels. */
const BESIDE_ZERO = 6;
/** Points between two marks of the scale, at most so many marks. */
const STEPS = [5, 10, 20];
const MOST_STEPS = 9;

const COLOURS: Readonly<Record<ChartTheme, string>> = { light: '#1f4e9c', dark: '#8fb3e8' };

interface Panel {
  readonly title: string;
  readonly measure: Measure;
  /** A positive difference is in favour of pooling. */
  readonly pair: Comparison['pair'];
}

const PANELS: readonly Panel[] = [
  { title: 'accuracy, pooled − flattened', measure: 'accuracy', pair: ['pooled', 'flattened'] },
  {
    title: 'lost by a shift, flattened − pooled',
    measure: 'lost by the largest shift',
    pair: ['flattened', 'pooled'],
  },
];

/** A row of the figure, in points in favour of pooling. */
interface Row {
  readonly y: number;
  readonly label: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly isSure: boolean;
}

function rowOf(comparison: Comparison, y: number, label: string): Row {
  const { mean, low, high } = comparison.effect;
  return {
    ...{ y, label, mean: 100 * mean, low: 100 * low, high: 100 * high },
    isSure: differs(comparison),
  };
}

/** The rows of a panel; each task's first row carries its title. */
function rowsOf(tasks: readonly TaskResults[], { measure, pair }: Panel): Row[] {
  const rows: Row[] = [];
  let y = 0;
  for (const task of tasks) {
    for (const [i, each] of comparisonsOf(task, measure, pair).entries()) {
      const size = placeName(each, task);
      rows.push(rowOf(each, y++, i === 0 ? `{task|${task.title}}  ${size}` : size));
    }
    y += SPACE;
  }
  return rows;
}

/** Draws how much better or worse pooling is than flattening, on each task and at each size. */
export async function drawDifferences(
  tasks: readonly TaskResults[],
  theme: ChartTheme,
): Promise<string> {
  const { text, lines } = INK[theme];
  const color = COLOURS[theme];
  const panels = PANELS.map((panel) => rowsOf(tasks, panel));
  const last = Math.max(...panels.flat().map(({ y }) => y));
  const height = ROW * (last + 1);
  const width = (WIDTH - LEFT - GAP * PANELS.length) / PANELS.length;
  // One scale for both panels.
  const ends = panels.flat().flatMap(({ low, high }) => [low, high]);
  const range = Math.max(...ends, 0) - Math.min(...ends, 0);
  const step = STEPS.find((each) => range / each <= MOST_STEPS) ?? STEPS.at(-1) ?? 1;
  const axis = {
    interval: step,
    min: step * Math.floor(Math.min(...ends, 0) / step),
    max: step * Math.ceil(Math.max(...ends, 0) / step),
  };
  const series: EChartsOption['series'] = panels.flatMap((rows, i) => {
    const shared = { xAxisIndex: i, yAxisIndex: i, color, silent: true };
    return [
      {
        ...shared,
        type: 'line' as const,
        symbol: 'none',
        lineStyle: { width: INTERVAL },
        // A gap behind each interval.
        data: rows.flatMap(({ low, high, y }) => [
          [low, y],
          [high, y],
          ['-', y],
        ]),
      },
      {
        ...shared,
        type: 'line' as const,
        symbol: 'none',
        color: text,
        lineStyle: { width: 1 },
        data: [
          [0, -0.5],
          [0, last + 0.5],
        ],
      },
      ...[true, false].map((isSure) => ({
        ...shared,
        type: 'scatter' as const,
        symbol: 'circle',
        symbolSize: MARK,
        // ECharts's own hollow mark is filled with white, on a dark page, too.
        itemStyle: {
          ...{ opacity: 1, color: isSure ? color : 'transparent' },
          ...{ borderColor: color, borderWidth: INTERVAL },
        },
        data: rows.filter((row) => row.isSure === isSure).map(({ mean, y }) => [mean, y]),
      })),
    ];
  });
  const left = (i: number) => LEFT + i * (width + GAP);
  const beside = (words: string, zero: number, textAlign: 'left' | 'right') => ({
    ...{ text: words, textAlign, top: TOP + height + 28 },
    left: zero + (textAlign === 'left' ? BESIDE_ZERO : -BESIDE_ZERO),
    textStyle: { color: text, fontSize: 11, fontWeight: 'normal' as const },
  });
  const svg = await drawSvg(
    {
      title: [
        heading(
          'Pooled head against flattened head, in percentage points',
          'by training pictures per class; shift by 1/7 of the width, sides 1/14; 95 % intervals; filled: beyond chance',
          text,
        ),
        ...PANELS.map(({ title }, i) => ({
          ...{ text: title, left: left(i), top: TOP - 32 },
          textStyle: { color: text, fontSize: 12 },
        })),
        ...panels.flatMap((_, i) => {
          const zero = left(i) + (width * -axis.min) / (axis.max - axis.min);
          return [
            beside('← flattened better', zero, 'right'),
            beside('pooled better →', zero, 'left'),
          ];
        }),
      ] as EChartsOption['title'] & object,
      grid: panels.map((_, i) => ({
        ...{ left: left(i), width, top: TOP, height, containLabel: false },
      })),
      xAxis: panels.map((_, i) => ({
        ...{ gridIndex: i, type: 'value' as const, ...axis },
        axisLabel: {
          color: text,
          formatter: (value: number) => `${value > 0 ? '+' : ''}${value}`.replace('-', '−'),
        },
        axisLine: { onZero: false, lineStyle: { color: lines } },
        splitLine: { lineStyle: { color: lines } },
      })),
      yAxis: panels.map((rows, i) => ({
        ...{ gridIndex: i, type: 'value' as const, inverse: true, min: -0.5, max: last + 0.5 },
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: {
          ...{ show: i === 0, color: text, customValues: rows.map(({ y }) => y) },
          formatter: (y: number) => rows.find((row) => row.y === y)?.label ?? '',
          rich: { task: { color: text, fontWeight: 'bold' as const } },
        },
      })),
      series,
    },
    { width: WIDTH, height: TOP + height + BOTTOM },
  );
  // ECharts numbers clips per process.
  return svg.replaceAll(/\bzr\d+-/g, 'differences-');
}
