import { reject, showList } from '../errors.js';

/**
 * A kind of changed copies of a picture, at the size that the model takes:
 *
 * - `'mirror'`: 1 view, left and right exchanged
 * - `'crop'`: 4 views, the parts in the corners with 7/8 of each side, scaled up to the whole size
 * - `'shift'`: 4 views, moved by 1/16 of the width to the left and right, and of the height up and down
 * - `'rotation'`: 2 views, turned by 10° either way
 * - `'brightness'`: 2 views, values times 0.8 and 1.25, up to 255
 *
 * What a shift or rotation uncovers repeats the edge. Values are rounded to whole numbers, as in files.
 */
export type ViewName = 'mirror' | 'crop' | 'shift' | 'rotation' | 'brightness';

/** Also `'right'`, which heads are measured on: 1 view, moved to the right by 1/8 of the width. It isn't for training. */
export type ViewKind = ViewName | 'right';

/** How many views there are of each kind. Their definitions are loaded on demand, by view-pixels.ts. */
export const VIEW_COUNTS: Readonly<Record<ViewName, number>> = {
  ...{ mirror: 1, crop: 4, shift: 4, rotation: 2, brightness: 2 },
};

const countOf = (kind: ViewKind): number => (kind === 'right' ? 1 : VIEW_COUNTS[kind]);

const isName = (value: unknown): value is ViewName =>
  typeof value === 'string' && Object.hasOwn(VIEW_COUNTS, value);

/**
 * Checks names of views, which may come from JavaScript; undefined stands for none.
 *
 * @throws ArgumentError unless they are known names, each once
 */
export function requireViews(names: unknown): readonly ViewName[] {
  if (names === undefined) return [];
  const list: readonly unknown[] = Array.isArray(names) ? names : [undefined];
  const known = list.filter(isName);
  if (new Set(known).size < list.length) {
    reject('views', `a list of ${showList(Object.keys(VIEW_COUNTS))}, each once`, names);
  }
  return known;
}

/** How many images a picture gives: itself and its views. */
export const imagesPerPicture = (kinds: readonly ViewKind[] = []): number =>
  kinds.reduce((sum, kind) => sum + countOf(kind), 1);
