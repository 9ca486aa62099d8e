import { present } from '../../errors.js';
import { shuffled } from '../../random.js';

/** Enough for an estimate with little bias; more folds take longer. scikit-learn's default. */
export const MOST_FOLDS = 5;

/** Number of images of each class that has any. */
function countsOf(labels: Int32Array): number[] {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()];
}

/**
 * Assigns each image to a fold, so that each fold has about the same number of each class.
 *
 * @returns the fold of each image and their number; undefined if a class has a single image, which can't be in both parts
 */
export function foldsOf(
  labels: Int32Array,
  seed: number,
): { readonly of: Int32Array; readonly count: number } | undefined {
  const count = Math.min(MOST_FOLDS, ...countsOf(labels));
  if (count < 2) return undefined;
  const of = new Int32Array(labels.length);
  const next = new Map<number, number>();
  for (const index of shuffled(labels.length, seed)) {
    const label = present(labels[index], 'label');
    const fold = next.get(label) ?? 0;
    of[index] = fold;
    next.set(label, (fold + 1) % count);
  }
  return { of, count };
}
