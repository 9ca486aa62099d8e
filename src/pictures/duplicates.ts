import { ArgumentError, PictureError, show } from '../errors.js';
import type { LabelledFile } from './types.js';

/** What tells a picture from others: its content, or the path of a file that is no picture. */
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

/** Parts pictures that stand in one class from groups of the same picture in several. */
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
 * Checks that copies have left something of each class to train on.
 *
 * @param place what the pictures are called
 * @param train those that are left
 */
export function requireOriginals(
  place: string,
  classes: readonly string[],
  train: readonly LabelledFile[],
): void {
  const found = new Set(train.map(({ label }) => label));
  const empty = classes.find((_, label) => !found.has(label));
  if (empty === undefined) return;
  throw new ArgumentError(
    `${place}: expected pictures of ${show(empty)} to train on, got only copies of pictures in other classes or in validation; remove the copies`,
  );
}

/**
 * Checks that each class has a picture.
 *
 * @param all the pictures of the classes
 * @param good those of them that can be decoded, as far as is known
 * @throws PictureError that names a class without any
 */
export function requirePictureOfEach(
  classes: readonly string[],
  all: readonly LabelledFile[],
  good: readonly LabelledFile[],
): void {
  const found = new Set(good.map(({ label }) => label));
  const empty = classes.findIndex((_, label) => !found.has(label));
  if (empty === -1) return;
  const bad = all.filter(({ label }) => label === empty);
  const example = bad[0] === undefined ? '' : `, such as ${show(bad[0].path)}`;
  throw new PictureError(
    `class ${show(classes[empty])}: expected pictures that can be decoded to train on, got none among ${bad.length}${example}; replace them, or remove the class`,
  );
}
