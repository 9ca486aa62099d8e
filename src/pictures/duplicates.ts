import { ArgumentError, PictureError, show } from '../errors.js';
import { classesAmong, classesIn, type LabelSet } from '../label-sets.js';
import type { Part } from './set.js';
import type { LabelledFile } from './types.js';

/** Identifies a picture: the hash of its content, or the path of a file that isn't a picture. */
export const contentOf = ({ path, sha256 }: LabelledFile): string => sha256 ?? path;

export function byContent(images: readonly LabelledFile[]): Map<string, LabelledFile[]> {
  const groups = new Map<string, LabelledFile[]>();
  for (const image of images) {
    const group = groups.get(contentOf(image));
    if (group) group.push(image);
    else groups.set(contentOf(image), [image]);
  }
  return groups;
}

/** Of copies of a file in a part, only the first; and all copies by their content. */
export function firstsOf(part: Part): {
  readonly part: Part;
  readonly groups: ReadonlyMap<string, readonly LabelledFile[]>;
} {
  const groups = byContent(part.files ?? []);
  const firsts = [...groups.values()].flatMap(([first]) => first ?? []);
  return { part: part.only?.(firsts) ?? part, groups };
}

/** Separates pictures of one class from groups of the same picture in several classes. */
export function partByLabel(images: readonly LabelledFile[]): {
  readonly unambiguous: readonly LabelledFile[];
  readonly ambiguous: readonly (readonly LabelledFile[])[];
} {
  const ambiguous = [...byContent(images).values()].filter(([first, ...others]) =>
    others.some(({ label }) => label !== first?.label),
  );
  const left = new Set(ambiguous.flat());
  return { unambiguous: images.filter((image) => !left.has(image)), ambiguous };
}

export const pathsOf = (groups: readonly (readonly LabelledFile[])[]): string[][] =>
  groups.map((group) => group.map(({ path }) => path));

/**
 * Checks that every class still has training pictures after copies were removed.
 *
 * @param place what error messages call the pictures
 * @param train the remaining pictures
 */
export function requireOriginals(
  place: string,
  classes: readonly string[],
  train: readonly LabelledFile[],
  labelSets?: readonly LabelSet[],
): void {
  const found = classesAmong(train, labelSets);
  const empty = classes.find((_, label) => !found.has(label));
  if (empty === undefined) return;
  throw new ArgumentError(
    `${place}: expected training pictures of ${show(empty)}, got only copies of pictures in other classes or in validation; remove the copies, or set multiLabel (--multi-label) if pictures have several labels`,
  );
}

/**
 * Checks that every class has a picture that can be decoded.
 *
 * @param all the pictures of the classes
 * @param good those that can be decoded, as far as is known
 * @throws PictureError that names a class without any
 */
export function requirePictureOfEach(
  classes: readonly string[],
  all: readonly LabelledFile[],
  good: readonly LabelledFile[],
  labelSets?: readonly LabelSet[],
): void {
  const found = classesAmong(good, labelSets);
  const empty = classes.findIndex((_, label) => !found.has(label));
  if (empty === -1) return;
  const bad = all.filter(({ label }) => classesIn(label, labelSets).includes(empty));
  const got =
    bad[0] === undefined ? 'none' : `${bad.length} that can't, such as ${show(bad[0].path)}`;
  throw new PictureError(
    `class ${show(classes[empty])}: expected training pictures that can be decoded, got ${got}; replace them, or remove the class`,
  );
}
