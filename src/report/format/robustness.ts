import { type Format, FORMATS, type FormatOptions } from './index.js';
import { integer } from '../../numbers.js';
import { drawTable, type Table } from './table.js';
import { ArgumentError, reject, requireOneOf, requireOptions } from '../../errors.js';
import { percent } from '../../percent.js';
import type { Robustness, ShiftAxis } from '../../explain/robustness.js';

/** What {@link Robustness} is told of: the share that is right, or that is as it was unshifted. */
export type RobustnessMeasure = 'accuracy' | 'agreement';

export const MEASURES: readonly RobustnessMeasure[] = ['accuracy', 'agreement'];

/** By the model's name, as a table and a chart have it. */
export type RobustnessByName = Readonly<Record<string, Robustness>>;

/** `−8`, `0`, `+8`: which way is half of what a shift says. */
export const signed = (pixels: number): string =>
  pixels === 0 ? '0' : `${pixels > 0 ? '+' : '−'}${integer(Math.abs(pixels))}`;

export const DIRECTION: Readonly<Record<ShiftAxis, string>> = {
  x: 'to the right',
  y: 'down',
  both: 'to the right and down',
};

/** What all the results share; results of different shifts or axes don't stand in one table. */
export function requireComparable(results: RobustnessByName): {
  readonly axis: ShiftAxis;
  readonly pixels: readonly number[];
} {
  requireOptions('results', results);
  const entries = Object.entries(results as Readonly<Record<string, unknown>>);
  for (const [name, result] of entries) {
    if (typeof result !== 'object' || result === null || !('shifts' in result)) {
      const expected = 'what translationRobustness() returns';
      reject(`results.${name}`, expected, result, 'pass { name: result }');
    }
  }
  const [first, ...others] = Object.values(results);
  if (first === undefined)
    throw new ArgumentError('results: expected at least one model, got none');
  const setting = ({ axis, shifts }: Robustness) =>
    `${shifts.map(({ pixels }) => pixels).join(', ')} along ${axis}`;
  const other = others.find((result) => setting(result) !== setting(first));
  if (other !== undefined) {
    throw new ArgumentError(
      `results: expected the same shifts for all models, got ${setting(first)}, and ${setting(other)}`,
    );
  }
  return { axis: first.axis, pixels: first.shifts.map(({ pixels }) => pixels) };
}

function table(results: RobustnessByName, pixels: readonly number[]): Table {
  const names = Object.keys(results);
  const column = (title: string, dispensable: number) => ({
    title,
    align: 'r' as const,
    dispensable,
  });
  return {
    columns: [
      { title: 'shift', align: 'r' },
      ...names.map((name) => column(names.length > 1 ? `${name}: accuracy` : 'accuracy', 0)),
      ...names.map((name) => column(names.length > 1 ? `${name}: agreement` : 'agreement', 1)),
    ],
    rows: pixels.map((shift, i) => [
      signed(shift),
      ...MEASURES.flatMap((measure) =>
        Object.values(results).map(({ shifts }) => percent(shifts[i]?.[measure] ?? NaN)),
      ),
    ]),
  };
}

/**
 * What {@link translationRobustness} found of one model or more, as aligned `'text'`, as `'markdown'`, or as
 * `'json'`: a row for each shift. Returns the string; prints nothing.
 *
 * @param results by the model's name
 * @throws ArgumentError where they aren't of the same shifts, or there is no such format
 */
export function formatRobustness(
  results: RobustnessByName,
  as: Format = 'text',
  { width }: FormatOptions = {},
): string {
  requireOneOf('format', as, FORMATS);
  const { axis, pixels } = requireComparable(results);
  if (as === 'json') return JSON.stringify(results, null, 2);
  const images = Math.max(...Object.values(results).map(({ shifts }) => shifts[0]?.images ?? 0));
  const notes = [
    `Shift: pixels ${DIRECTION[axis]}, the edge repeated; ${integer(images)} images.`,
    'Agreement: share predicted as without a shift, right or wrong.',
  ];
  return `${drawTable(table(results, pixels), as, width)}\n\n${notes.join(as === 'markdown' ? ' ' : '\n')}`;
}
