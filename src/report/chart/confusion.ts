import { ArgumentError } from '../../errors.js';
import type { Confusion } from '../../explain/confusion.js';
import { integer, percent } from '../../numbers.js';
import { CHARACTER, type ChartOptions, type ChartTheme, drawSvg, heading, INK } from './echarts.js';

/** Colour scales of the shares of a class, from 0 to 1: one hue for correct predictions, another for wrong ones. */
const HUES: Readonly<Record<ChartTheme, Readonly<Record<'right' | 'wrong', [string, string]>>>> = {
  light: { right: ['#e8effa', '#1f4e9c'], wrong: ['#fbeadf', '#b3541e'] },
  dark: { right: ['#16233a', '#8fb3e8'], wrong: ['#332015', '#f0b48a'] },
};
/** Colours of the figures: the first on the paler half of the scale, the second on the other. */
const FIGURES: Readonly<Record<ChartTheme, readonly [string, string]>> = {
  light: ['#24292f', '#ffffff'],
  dark: ['#e6edf3', '#0d1117'],
};

/** The share of a class predicted as one other class at which the scale for wrong predictions ends. */
const WORST = 0.5;

const TOP = 70;
const RIGHT = 24;
/** Pixels for an axis's name and the space around it. */
const AXIS_NAME = 44;
const LINE = 14;
/** In characters: longer names are wrapped, or cut at CUT if a cell is too low for two lines. */
const WRAP = 26;
const CUT = 48;
/** Minimal width for names, in characters: ECharts wraps even a single character that it believes too wide. */
const SHORTEST = 4;
/** Share of the available width that a line uses: ECharts can only estimate the width of a font. */
const FILL = 0.85;
const MAX_LINES = 4;
/** Pixels, for charts with few classes. */
const LARGEST_CELL = 84;
/** Pixels: beside smaller cells there is no room for a name. */
const SMALLEST_CELL = 12;

interface Layout {
  readonly cell: number;
  readonly font: number;
  /** Pixels for the names of the rows. */
  readonly names: number;
  /** Pixels for the names of the columns, below the map. */
  readonly below: number;
  /** Whether the columns' names are horizontal. */
  readonly upright: boolean;
  readonly overflow: 'break' | 'truncate';
}

function layOut({ classes }: Confusion, width: number): Layout {
  const lengths = classes.map(({ name }) => name.length);
  const longest = Math.max(...lengths);
  const taken = (characters: number) =>
    CHARACTER * Math.max(SHORTEST, Math.min(characters, longest)) + AXIS_NAME;
  const cellBeside = (left: number) =>
    Math.min(LARGEST_CELL, Math.floor((width - left - RIGHT) / classes.length));

  const wraps = longest <= WRAP || cellBeside(taken(WRAP)) >= 2 * LINE;
  const left = taken(wraps ? WRAP : CUT);
  const cell = cellBeside(left);
  if (cell < SMALLEST_CELL) {
    const needed = left + RIGHT + SMALLEST_CELL * classes.length;
    throw new ArgumentError(
      `width: expected at least ${needed} pixels for ${classes.length} classes, got ${width}; or use format()`,
    );
  }
  const words = classes.flatMap(({ name }) => name.split(' ').map((word) => word.length));
  const lines = Math.ceil((CHARACTER * longest) / (FILL * cell));
  const upright = CHARACTER * Math.max(...words) <= FILL * cell && lines <= MAX_LINES;
  return {
    cell,
    font: Math.min(12, cell - 1),
    names: left - AXIS_NAME,
    below: upright ? lines * LINE : left - AXIS_NAME,
    upright,
    overflow: wraps ? 'break' : 'truncate',
  };
}

/** Draws a heat map with a row for each true class; see `renderChart`. */
export async function drawConfusion(
  confusion: Confusion,
  { theme, width }: Required<ChartOptions>,
): Promise<string> {
  const { accuracy, total, classes, counts } = confusion;
  const { cell, font, names: room, below, upright, overflow } = layOut(confusion, width);
  const { text, lines } = INK[theme];
  const names = classes.map(({ name }) => name);
  const side = cell * names.length;
  const largest = counts.flat().reduce((most, count) => Math.max(most, count), 0);
  const figures = CHARACTER * String(largest).length + 8 <= cell;

  const cells = counts.flatMap((row, y) =>
    row.flatMap((count, x) => {
      if (count === 0) return [];
      const part = count / (classes[y]?.support ?? 1);
      return [{ x, y, count, part, kind: x === y ? ('right' as const) : ('wrong' as const) }];
    }),
  );
  const axis = {
    type: 'category' as const,
    data: names,
    axisTick: { show: false },
    axisLine: { show: false },
    splitLine: { show: true, lineStyle: { color: lines } },
    nameLocation: 'middle' as const,
    nameTextStyle: { color: text, fontWeight: 'bold' as const },
  };
  const label = { color: text, interval: 0, fontSize: font, lineHeight: LINE, overflow };
  return drawSvg(
    {
      title: heading(
        'Confusion matrix',
        `accuracy ${percent(accuracy)} on ${integer(total)} images; colours: share of the true class`,
        text,
      ),
      grid: { left: room + AXIS_NAME, top: TOP, width: side, height: side },
      xAxis: {
        ...axis,
        name: 'predicted',
        nameGap: below + 20,
        axisLabel: { ...label, rotate: upright ? 0 : 90, width: FILL * (upright ? cell : room) },
      },
      yAxis: {
        ...axis,
        name: 'true',
        inverse: true,
        nameGap: room + 22,
        axisLabel: { ...label, width: FILL * room },
      },
      visualMap: (['right', 'wrong'] as const).map((kind, seriesIndex) => ({
        show: false,
        min: 0,
        max: kind === 'right' ? 1 : WORST,
        dimension: 2,
        seriesIndex,
        inRange: { color: HUES[theme][kind] },
      })),
      series: (['right', 'wrong'] as const).map((kind) => ({
        type: 'heatmap' as const,
        data: cells
          .filter((each) => each.kind === kind)
          .map(({ x, y, count, part }) => ({
            value: [x, y, part],
            label: {
              show: figures,
              formatter: String(count),
              fontSize: font,
              color: FIGURES[theme][part / (kind === 'right' ? 1 : WORST) < 0.5 ? 0 : 1],
            },
          })),
      })),
    },
    { width, height: TOP + side + below + AXIS_NAME },
  );
}
