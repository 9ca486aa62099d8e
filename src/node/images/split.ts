import { ArgumentError, present, reject, requireOptions } from '../../errors.js';
import { hashText, randomBy } from '../../random.js';
import { type FolderImage, requireImages } from './folder.js';

export interface HoldOutOptions {
  /** The part of each class that is held out: above 0 and below 1. */
  readonly validation: number;
  /** An integer; another one draws another split. @default 0 */
  readonly seed?: number;
}

export interface ImageSplit<T> {
  readonly train: readonly T[];
  readonly validation: readonly T[];
}

/** Which of `count` things are held out: `held` numbers out of 0 … count − 1, by Fisher and Yates. */
function draw(count: number, held: number, random: () => number): Set<number> {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < held; i++) {
    const other = i + Math.floor(random() * (count - i));
    [order[i], order[other]] = [present(order[other], 'a place'), present(order[i], 'a place')];
  }
  return new Set(order.slice(0, held));
}

function heldOut(count: number, validation: number): number {
  return count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.round(count * validation)));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By label, ascending, and in each by path. */
function byClass<T extends FolderImage>(images: readonly T[]): (readonly [number, T[]])[] {
  const groups = new Map<number, T[]>();
  for (const image of images) {
    const group = groups.get(image.label);
    if (group) group.push(image);
    else groups.set(image.label, [image]);
  }
  for (const group of groups.values()) group.sort((a, b) => compare(a.path, b.path));
  return [...groups].sort(([a], [b]) => a - b);
}

/** Checks the options of {@link splitImages}. */
export function requireSplit(options: HoldOutOptions): void {
  requireOptions('options', options);
  const { validation: part, seed = 0 } = options as Partial<HoldOutOptions>;
  if (typeof part !== 'number' || !(part > 0 && part < 1)) {
    reject('validation', 'a number above 0 and below 1', part, 'try 0.2');
  }
  if (!Number.isSafeInteger(seed)) reject('seed', 'an integer', seed);
}

/**
 * Splits pictures into those to train on and those to validate with, class by class: of a class of n,
 * `validation × n` are held out, rounded, but at least one and not all. A class of one is trained on.
 *
 * The same files and the same seed give the same split, whatever the order of the list, and wherever the
 * folder lies. Both lists are sorted by label, then by path.
 *
 * @throws ArgumentError on a wrong argument, or where no class has two pictures
 */
export function splitImages<T extends FolderImage>(
  images: readonly T[],
  options: HoldOutOptions,
): ImageSplit<T> {
  requireImages(images);
  if (images.length === 0) {
    reject('images', 'one picture or more', images, 'readImageFolder() gives them');
  }
  requireSplit(options);
  const { validation: part, seed = 0 } = options;

  const train: T[] = [];
  const validation: T[] = [];
  for (const [label, group] of byClass(images)) {
    const random = randomBy(hashText(`${seed}/${label}`));
    const held = draw(group.length, heldOut(group.length, part), random);
    for (const [i, image] of group.entries()) (held.has(i) ? validation : train).push(image);
  }
  if (validation.length === 0) {
    throw new ArgumentError(
      `images: expected a class of two or more pictures, got ${images.length} classes of one`,
    );
  }
  return { train, validation };
}
