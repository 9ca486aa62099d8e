import { ArgumentError, present } from '../../errors.js';
import type { Robustness, RobustnessByName, ShiftAxis } from '../../explain/robustness.js';
import { integer, percent } from '../../numbers.js';
import type { Report } from './report.js';
import type { Table } from './table.js';

/** `−8`, `0`, `+8`: which way is half of what a shift says. */
export const signed = (pixels: number): string =>
  pixels === 0 ? '0' : `${pixels > 0 ? '+' : '−'}${integer(Math.abs(pixels))}`;

export const DIRECTION: Readonly<Record<ShiftAxis, string>> = {
  x: 'to the right',
  y: 'down',
  both: 'to the right and down',
};

/** What all the results share; results of different shifts or axes don't stand in one table. */
export function requireComparable(results: RobustnessByName): Robustness {
  const [first, ...others] = Object.values(results);
  const setting = ({ axis, shifts }: Robustness) =>
    `${shifts.map(({ pixels }) => pixels).join(', ')} along ${axis}`;
  const one = present(first, 'results');
  const other = others.find((result) => setting(result) !== setting(one));
  if (other === undefined) return one;
  throw new ArgumentError(
    `value: expected the same shifts for all models, got ${setting(one)}, and ${setting(other)}`,
  );
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
      ...(['accuracy', 'agreement'] as const).flatMap((measure) =>
        Object.values(results).map(({ shifts }) => percent(shifts[i]?.[measure] ?? NaN)),
      ),
    ]),
  };
}

/** What became of one model or more on shifted images: a row for each shift. */
export function reportRobustness(results: RobustnessByName): Report {
  const { axis, shifts } = requireComparable(results);
  const images = Math.max(...Object.values(results).map((each) => each.shifts[0]?.images ?? 0));
  return {
    tables: [
      table(
        results,
        shifts.map(({ pixels }) => pixels),
      ),
    ],
    notes: [
      `Shift: pixels ${DIRECTION[axis]}, the edge repeated; ${integer(images)} images.`,
      'Agreement: share predicted as without a shift, right or wrong.',
    ],
  };
}
