import { ArgumentError } from '../../errors.js';
import type { Confusion } from '../../explain/confusion.js';
import { integer, percent } from '../../numbers.js';
import { CHARACTER, type ChartOptions, type ChartTheme, drawSvg, heading, INK } from './echarts.js';

/** From nothing to all of a class: what was taken for itself by one hue, what wasn't by another. */
const HUES: Readonly<Record<ChartTheme, Readonly<Record<'right' | 'wrong', [string, string]>>>> = {
  light: { right: ['#e8effa', '#1f4e9c'], wrong: ['#fbeadf', '#b3541e'] },
  dark: { right: ['#16233a', '#8fb3e8'], wrong: ['#332015', '#f0b48a'] },
};
/** Of figures on the hues: the first on the palest half, the second on the rest. */
const FIGURES: Readonly<Record<ChartTheme, readonly [string, string]>> = {
  light: ['#24292f', '#ffffff'],
  dark: ['#e6edf3', '#0d1117'],
};

/** A class half of which is taken for one other is as bad as colours get. */
const WORST = 0.5;

const TOP = 70;
const RIGHT = 24;
/** Of an axis's name and the space around it. */
const AXIS_NAME = 44;
const LINE = 14;
/** Characters; longer names are wrapped, or cut where cells are too low for two lines. */
const WRAP = 26;
const CUT = 48;
/** Room for so many in any case: ECharts would wrap a single character that it thinks too wide. */
const SHORTEST = 4;
/** Share of its room that a line is filled to: fonts differ, and ECharts can only guess at their widths. */
const FILL = 0.85;
const MAX_LINES = 4;
/** No larger than a few classes need. */
const LARGEST_CELL = 84;
/** Smaller ones have no room for a name beside them. */
const SMALLEST_CELL = 12;

interface Layout {
  readonly cell: number;
  readonly font: number;
  /** Pixels for the names of the rows. */
  readonly names: number;
  /** Pixels for those of the columns, below the map. */
  readonly below: number;
  /** Whether the columns' names are written as text is, not turned. */
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

/** A heat map with a row for each true class; see `renderChart`. */
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
        'Which classes are taken for which',
        `accuracy ${percent(accuracy)} of ${integer(total)} images; colours: share of the true class`,
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
