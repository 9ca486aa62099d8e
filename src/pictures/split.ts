import { ArgumentError, reject } from '../errors.js';
import { hashText, randomBy } from '../random.js';
import type { Validation } from './set.js';

/** Fraction of each class that is held out by default. */
export const DEFAULT_SHARE = 0.2;

/** Options of {@link splitByClass}. */
export interface HoldOut {
  /** Fraction of each class to hold out, above 0 and below 1. */
  readonly validation: number;
  /** An integer that determines the split. @default 0 */
  readonly seed?: number | undefined;
}

export interface Labelled {
  readonly label: number;
}

export interface Split<T> {
  readonly train: readonly T[];
  readonly validation: readonly T[];
}

/** Draws `held` of the numbers 0 … count − 1 (Fisher–Yates). */
function draw(count: number, held: number, random: () => number): Set<number> {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < held; i++) {
    const other = i + Math.floor(random() * (count - i));
    [order[i], order[other]] = [order[other] ?? 0, order[i] ?? 0];
  }
  return new Set(order.slice(0, held));
}

/** How many of a class are held out: at least one of two or more, and never all. */
export function heldOut(count: number, validation: number): number {
  return count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.round(count * validation)));
}

/** Groups by label, ascending; within a group, the order of the list is kept. */
function byClass<T extends Labelled>(all: readonly T[]): (readonly [number, T[]])[] {
  const groups = new Map<number, T[]>();
  for (const each of all) {
    const group = groups.get(each.label);
    if (group) group.push(each);
    else groups.set(each.label, [each]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

/** Whether to hold out a fraction; undefined stands for the default fraction. */
export const asksForShare = (
  validation: Validation | undefined,
): validation is number | undefined => typeof validation !== 'string' && validation !== 0;

/** Checks the options of {@link splitByClass}. */
export function requireHoldOut({ validation: part, seed = 0 }: HoldOut): void {
  if (typeof part !== 'number' || !(part > 0 && part < 1)) {
    reject('validation', 'a number above 0 and below 1', part, 'try 0.2');
  }
  if (!Number.isSafeInteger(seed)) reject('seed', 'an integer', seed);
}

/**
 * Splits pictures into training and validation pictures, class by class: of a class of n, `validation × n` are held out, rounded,
 * but at least one and never all. A class with one picture is used for training.
 *
 * The same order of each class's pictures and the same seed give the same split. Both lists are sorted by label.
 *
 * @throws ArgumentError on an invalid argument, or if no class has two pictures
 */
export function splitByClass<T extends Labelled>(all: readonly T[], options: HoldOut): Split<T> {
  requireHoldOut(options);
  const { validation: part, seed = 0 } = options;
  const train: T[] = [];
  const validation: T[] = [];
  for (const [label, group] of byClass(all)) {
    const random = randomBy(hashText(`${seed}/${label}`));
    const held = draw(group.length, heldOut(group.length, part), random);
    for (const [i, each] of group.entries()) (held.has(i) ? validation : train).push(each);
  }
  if (validation.length === 0) {
    throw new ArgumentError(
      `pictures: expected a class with two or more pictures to hold some out, got ${all.length} classes with one each`,
    );
  }
  return { train, validation };
}
