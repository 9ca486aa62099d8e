import { ArgumentError } from '../../errors.js';
import type { RobustnessByName } from '../../explain/robustness.js';
import { percent } from '../../numbers.js';
import { DIRECTION, requireComparable, signed } from '../format/robustness.js';
import { CHARACTER, type ChartOptions, type ChartTheme, drawSvg, heading, INK } from './echarts.js';

/** Colours that differ in hue and lightness; marks and names tell lines apart without colour. */
const LINES: Readonly<Record<ChartTheme, readonly string[]>> = {
  light: ['#1f4e9c', '#b3541e', '#1a7f64', '#8a4fa3', '#6e7781', '#5b8fd9'],
  dark: ['#8fb3e8', '#f0b48a', '#6fd0b0', '#d3a6e6', '#9da7b3', '#3f6fc4'],
};
const MARKS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect'] as const;

const HEIGHT = 400;
const TOP = 76;
const BOTTOM = 58;
const LEFT = 52;
/** The scale starts and ends at a multiple of this. */
const STEP = 0.1;

/** Draws accuracy against shift, one line per model; see `renderChart`. */
export async function drawRobustness(
  results: RobustnessByName,
  { theme, width }: Required<ChartOptions>,
): Promise<string> {
  const { axis, shifts: tested } = requireComparable(results);
  const entries = Object.entries(results);
  if (entries.length > MARKS.length) {
    throw new ArgumentError(
      `value: expected at most ${MARKS.length} models in a chart, got ${entries.length}; use format()`,
    );
  }
  const { text, lines } = INK[theme];
  const shares = entries.flatMap(([, { shifts }]) => shifts.map(({ accuracy }) => accuracy));
  const ticks = [...new Set(tested.map(({ pixels }) => pixels))].sort((a, b) => a - b);
  // Bold characters are wider.
  const right = 24 + (CHARACTER + 1) * Math.max(...entries.map(([name]) => name.length));
  const max = Math.ceil(Math.max(STEP, ...shares) / STEP) * STEP;
  const min = Math.min(Math.floor(Math.min(...shares) / STEP) * STEP, max - 2 * STEP);
  return drawSvg(
    {
      title: heading(
        'Accuracy on shifted images',
        'share of images that are classified correctly',
        text,
      ),
      grid: { left: LEFT, right, top: TOP, bottom: BOTTOM },
      xAxis: {
        type: 'value',
        min: 'dataMin',
        max: 'dataMax',
        name: `pixels ${DIRECTION[axis]}`,
        nameLocation: 'middle',
        nameGap: 32,
        nameTextStyle: { color: text },
        axisTick: { show: true, customValues: ticks, lineStyle: { color: lines } },
        axisLine: { onZero: false, lineStyle: { color: lines } },
        axisLabel: {
          color: text,
          customValues: ticks,
          hideOverlap: true,
          formatter: (shift: number) => signed(shift),
        },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        min: Math.max(0, min),
        max,
        interval: max - min > 5.5 * STEP ? 2 * STEP : STEP,
        axisLabel: { color: text, formatter: percent },
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: lines } },
      },
      series: entries.map(([name, { shifts }], i) => ({
        name,
        type: 'line' as const,
        color: LINES[theme][i] ?? text,
        symbol: MARKS[i] ?? 'circle',
        symbolSize: 7,
        lineStyle: { width: 2 },
        data: [...shifts]
          .sort((a, b) => a.pixels - b.pixels)
          .map((shift) => [shift.pixels, shift.accuracy]),
        endLabel: {
          show: true,
          formatter: () => name,
          color: LINES[theme][i] ?? text,
          fontWeight: 'bold' as const,
          distance: 10,
        },
        // Separates the names of lines that end close together.
        labelLayout: { moveOverlap: 'shiftY' as const },
      })),
    },
    { width, height: HEIGHT },
  );
}
