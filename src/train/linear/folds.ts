import { present } from '../../errors.js';
import { countsByClass, foldByLabelSets } from '../../stratify.js';
import { shuffled } from '../../random.js';
import { classesIn, type LabelSet } from '../../label-sets.js';

/** Enough for an estimate with little bias; more folds take longer. scikit-learn's default. */
export const MOST_FOLDS = 5;

/** The fold of each image, and the number of folds. */
export interface Folds {
  readonly of: Int32Array;
  readonly count: number;
}

/**
 * Assigns each image to a fold, so that each fold has about the same number of each class.
 *
 * @returns the fold of each image and their number; undefined if a class has a single image, which can't be in both parts
 */
export function foldsOf(
  labels: Int32Array,
  seed: number,
  labelSets?: readonly LabelSet[],
): Folds | undefined {
  const sets = Array.from(labels, (label) => classesIn(label, labelSets));
  const count = Math.min(MOST_FOLDS, ...countsByClass(sets).values());
  if (count < 2) return undefined;
  if (labelSets) return { of: foldByLabelSets(sets, count, seed), count };
  return { of: dealt(labels, count, seed), count };
}

/** Deals the images of each class to the folds in turn, in a random order. */
function dealt(labels: Int32Array, count: number, seed: number): Int32Array {
  const of = new Int32Array(labels.length);
  const next = new Map<number, number>();
  for (const index of shuffled(labels.length, seed)) {
    const label = present(labels[index], 'label');
    const fold = next.get(label) ?? 0;
    of[index] = fold;
    next.set(label, (fold + 1) % count);
  }
  return of;
}

/**
 * Assigns each image to a fold as {@link foldsOf} does, but the smallest class doesn't limit the number of folds: a class with
 * fewer images than folds is in some of them. The image of a class with only one is in no fold, −1, as no fit without it knows
 * the class.
 *
 * @returns undefined if every class has a single image
 */
export function foldsToReview(labels: Int32Array, seed: number): Folds | undefined {
  const counts = countsByClass(Array.from(labels, (label) => [label]));
  const count = Math.min(MOST_FOLDS, Math.max(...counts.values()));
  if (count < 2) return undefined;
  const of = dealt(labels, count, seed).map((fold, image) =>
    counts.get(present(labels[image], 'label')) === 1 ? -1 : fold,
  );
  return { of, count };
}
