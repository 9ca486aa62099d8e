import { ArgumentError, present } from '../../errors.js';
import type { Robustness, RobustnessByName, ShiftAxis } from '../../explain/robustness.js';
import { integer, percent } from '../../numbers.js';
import type { Report } from './report.js';

/** Formats a shift with its sign: `−8`, `0`, `+8`. */
export const signed = (pixels: number): string =>
  pixels === 0 ? '0' : `${pixels > 0 ? '+' : '−'}${integer(Math.abs(pixels))}`;

export const DIRECTION: Readonly<Record<ShiftAxis, string>> = {
  x: 'to the right',
  y: 'down',
  both: 'to the right and down',
};

/** Returns the first result, after checking that all have the same shifts and axis. */
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

/** Reports the robustness of one or several models, with a row for each shift. */
export function reportRobustness(results: RobustnessByName): Report {
  const { axis, shifts } = requireComparable(results);
  const models = Object.entries(results);
  const columns = (['accuracy', 'agreement'] as const).flatMap((measure, dispensable) =>
    models.map(([name, own]) => ({
      title: models.length > 1 ? `${name}: ${measure}` : measure,
      align: 'r' as const,
      dispensable,
      cells: own.shifts.map((shift) => percent(shift[measure])),
    })),
  );
  const rows = shifts.map(({ pixels }, i) => [
    signed(pixels),
    ...columns.map(({ cells }) => present(cells[i], 'a shift')),
  ]);
  const images = Math.max(...models.map(([, own]) => present(own.shifts[0], 'a shift').images));
  return {
    tables: [{ columns: [{ title: 'shift', align: 'r' }, ...columns], rows }],
    notes: [
      `Shift: pixels ${DIRECTION[axis]}, with the edge repeated; ${integer(images)} images.`,
      'Agreement: share of images with the same prediction as without a shift, right or wrong.',
    ],
  };
}
