import type { EChartsOption } from 'echarts';
import { type ChartTheme, drawSvg, heading, INK } from '../../src/report/chart/echarts.js';
import { runsOf } from './comparisons.js';
import { HEADS, type StudyHead } from './heads.js';
import type { Run, StudyResults } from './results.js';
import { interval } from './statistics.js';

/** Text of SVG files by name and theme, such as `accuracy-light`. */
export type Figures = Readonly<Record<string, string>>;

interface Look {
  readonly light: string;
  readonly dark: string;
  readonly mark: string;
  readonly line: 'solid' | 'dashed';
}

/** By hue, by mark and by line: to be told apart without colours too. */
const LOOKS: Readonly<Record<StudyHead, Look>> = {
  pooled: { light: '#1f4e9c', dark: '#8fb3e8', mark: 'circle', line: 'solid' },
  'pooled MLP': { light: '#5b8fd9', dark: '#5f8de0', mark: 'diamond', line: 'dashed' },
  flattened: { light: '#b3541e', dark: '#f0b48a', mark: 'rect', line: 'solid' },
  'flattened, dropout': { light: '#d98c4a', dark: '#d07a42', mark: 'triangle', line: 'dashed' },
  'dense map': { light: '#1a7f64', dark: '#6fd0b0', mark: 'roundRect', line: 'solid' },
};

const WIDTH = 760;
const TOP = 124;
const PLOT = 250;
const BOTTOM = 52;
const LEFT = 48;
const GAP = 56;
const MARGIN = 12;
const STEP = 0.1;
/** More of them than these would crowd the scale. */
const FEW_STEPS = 5.5;
/** Beside the outermost marks, in parts of the scale. */
const ROOM = 0.12;

/** A point with the ends of its 95 % interval. */
type Point = readonly [x: number, y: number, low: number, high: number];

interface Figure {
  readonly title: string;
  readonly subtitle: string;
  readonly x: string;
  /** Where the scale has its marks, and what stands there. */
  readonly ticks: (results: StudyResults) => readonly (readonly [at: number, label: string])[];
  readonly points: (results: StudyResults, head: StudyHead) => readonly Point[];
}

const minus = (value: number) => String(value).replace('-', '−');
const signed = (value: number) => (value > 0 ? `+${value}` : minus(value));

function point(x: number, runs: readonly Run[], of: (run: Run) => number): Point {
  const { mean, margin } = interval(runs.map(of));
  return [x, mean, mean - margin, mean + margin];
}

/** So far beside each other that the intervals of five heads don't cover each other. */
const BESIDE = 0.06;

const bySize =
  (of: (run: Run) => number, least: number): Figure['points'] =>
  (results, head) =>
    results.protocol.sizes.map((size, i) => {
      const x = i + BESIDE * (HEADS.indexOf(head) - (HEADS.length - 1) / 2);
      const [, y, low, high] = point(x, runsOf(results, head, size), of);
      // Student's interval doesn't know that a share ends at 0 and 1.
      return [x, y, Math.max(least, low), Math.min(1, high)];
    });

const sizes: Figure['ticks'] = ({ protocol }) =>
  protocol.sizes.map((size, i) => [i, String(size)] as const);

const FIGURES: Readonly<Record<string, Figure>> = {
  accuracy: {
    title: 'Accuracy on test pictures',
    subtitle: 'by pictures per class; mean and 95 % interval over seeds',
    x: 'pictures per class',
    ticks: sizes,
    points: bySize((run) => run.testAccuracy, 0),
  },
  gap: {
    title: 'Generalization gap: training accuracy minus test accuracy',
    subtitle: 'percentage points by pictures per class; mean and 95 % interval over seeds',
    x: 'pictures per class',
    ticks: sizes,
    points: bySize((run) => run.trainAccuracy - run.testAccuracy, -1),
  },
  shift: {
    title: 'Accuracy on shifted test pictures',
    subtitle: 'with the most pictures per class; mean over seeds',
    x: 'pixels to the right, of 224',
    ticks: ({ runs: [run] }) => (run?.shifts ?? []).map(({ shift }) => [shift, signed(shift)]),
    points: (results, head) => {
      const runs = runsOf(results, head, Math.max(...results.protocol.sizes));
      return (runs[0]?.shifts ?? []).map(({ shift }) => {
        const at = ({ shifts }: Run) =>
          shifts.find((each) => each.shift === shift)?.accuracy ?? NaN;
        const { mean } = interval(runs.map(at));
        return [shift, mean, mean, mean];
      });
    },
  },
};

function draw(
  { title, subtitle, x, ticks, points }: Figure,
  tasks: readonly StudyResults[],
  theme: ChartTheme,
): Promise<string> {
  const { text, lines } = INK[theme];
  const panel = (WIDTH - LEFT - MARGIN - GAP * (tasks.length - 1)) / tasks.length;
  const drawn = tasks.map((results) => HEADS.map((head) => points(results, head)));
  const ends = drawn.flat(2).flatMap(([, , low, high]) => [low, high]);
  const range = Math.max(...ends) - Math.min(...ends);
  const step = range > FEW_STEPS * STEP ? 2 * STEP : STEP;
  const max = Math.min(1, Math.ceil(Math.max(...ends) / step) * step);
  const min = Math.floor(Math.min(...ends) / step) * step;
  const series: EChartsOption['series'] = tasks.flatMap((_, i) =>
    HEADS.flatMap((head, j) => {
      const color = LOOKS[head][theme];
      const data = drawn[i]?.[j] ?? [];
      const shared = { xAxisIndex: i, yAxisIndex: i, color };
      return [
        {
          ...shared,
          name: head,
          type: 'line' as const,
          symbol: LOOKS[head].mark,
          symbolSize: 7,
          lineStyle: { width: 2, type: LOOKS[head].line },
          data: data.map(([at, mean]) => [at, mean]),
        },
        // Each interval a line of its own, with a gap behind it.
        {
          ...shared,
          type: 'line' as const,
          symbol: 'none',
          lineStyle: { width: 1.5 },
          data: data.flatMap(([at, , low, high]) => [
            [at, Math.max(min, low)],
            [at, Math.min(max, high)],
            [at, '-'],
          ]),
        },
      ];
    }),
  );
  return drawSvg(
    {
      title: [
        heading(title, subtitle, text),
        ...tasks.map((results, i) => ({
          text: results.title,
          left: LEFT + i * (panel + GAP),
          top: TOP - 26,
          textStyle: { color: text, fontSize: 12 },
        })),
      ] as EChartsOption['title'] & object,
      legend: {
        ...{ top: 60, left: 0, itemGap: 22, itemWidth: 32, textStyle: { color: text } },
        data: [...HEADS],
      },
      grid: tasks.map((_, i) => ({
        ...{ left: LEFT + i * (panel + GAP), width: panel, top: TOP, height: PLOT },
        containLabel: false,
      })),
      xAxis: tasks.map((results, i) => {
        const marks = ticks(results);
        const places = marks.map(([at]) => at);
        const [first = 0, last = 0] = [places[0], places.at(-1)];
        const room = ROOM * (last - first);
        return {
          ...{ gridIndex: i, type: 'value' as const, min: first - room, max: last + room },
          ...{ name: x, nameLocation: 'middle' as const, nameGap: 30 },
          nameTextStyle: { color: text },
          axisTick: { show: true, customValues: places, lineStyle: { color: lines } },
          axisLine: { onZero: false, lineStyle: { color: lines } },
          axisLabel: {
            ...{ color: text, customValues: places, hideOverlap: true },
            formatter: (at: number) => marks.find(([place]) => place === at)?.[1] ?? '',
          },
          splitLine: { show: false },
        };
      }),
      yAxis: tasks.map((_, i) => ({
        ...{ gridIndex: i, type: 'value' as const, min, max },
        interval: step,
        axisLabel: {
          color: text,
          formatter: (share: number) => `${minus(Math.round(100 * share))}%`,
        },
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: lines } },
      })),
      series,
    },
    { width: WIDTH, height: TOP + PLOT + BOTTOM },
  );
}

/** Draws the figures, light and dark, with a panel for each task. */
export async function drawFigures(tasks: readonly StudyResults[]): Promise<Figures> {
  const figures: Record<string, string> = {};
  for (const [name, figure] of Object.entries(FIGURES)) {
    for (const theme of ['light', 'dark'] as const) {
      figures[`${name}-${theme}`] = await draw(figure, tasks, theme);
    }
  }
  return figures;
}
