import { present } from '../../errors.js';
import { countsByClass, foldByLabelSets } from '../../stratify.js';
import { shuffled } from '../../random.js';
import { classesIn, type LabelSet } from '../../label-sets.js';

/** Enough for an estimate with little bias; more folds take longer. scikit-learn's default. */
export const MOST_FOLDS = 5;

/**
 * Assigns each image to a fold, so that each fold has about the same number of each class.
 *
 * @returns the fold of each image and their number; undefined if a class has a single image, which can't be in both parts
 */
export function foldsOf(
  labels: Int32Array,
  seed: number,
  labelSets?: readonly LabelSet[],
): { readonly of: Int32Array; readonly count: number } | undefined {
  const sets = Array.from(labels, (label) => classesIn(label, labelSets));
  const count = Math.min(MOST_FOLDS, ...countsByClass(sets).values());
  if (count < 2) return undefined;
  if (labelSets) return { of: foldByLabelSets(sets, count, seed), count };
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
