import { ArgumentError, reject, requireLabels } from '../errors.js';

/** The scores of one class. */
export interface ClassScores {
  readonly name: string;
  /** Number of images of this class. */
  readonly support: number;
  /** Number of images predicted as this class. */
  readonly predicted: number;
  /** Share of the images predicted as this class that belong to it; null if there are none. */
  readonly precision: number | null;
  /** Share of the images of this class that were predicted as it; null if there are none. */
  readonly recall: number | null;
  /** Harmonic mean of precision and recall, `2 TP / (support + predicted)`; null if both counts are 0. */
  readonly f1: number | null;
}

/** A confusion matrix, with the scores derived from it. */
export interface Confusion {
  readonly kind: 'confusion';
  /** Number of images. */
  readonly total: number;
  /** Share of the images that were predicted correctly. */
  readonly accuracy: number;
  /** Unweighted means over the classes whose score is not null; null if there are none. */
  readonly macro: Readonly<Record<'precision' | 'recall' | 'f1', number | null>>;
  readonly classes: readonly ClassScores[];
  /** `counts[true][predicted]`: number of images of the one class predicted as the other. */
  readonly counts: readonly (readonly number[])[];
}

export const ratio = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole;

export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return ratio(
    known.reduce((sum, value) => sum + value, 0),
    known.length,
  );
}

/**
 * Computes a confusion matrix and its scores, without tensors.
 *
 * @param truth the true class of each image, an index into `classes`
 * @param predicted the predicted class of each image
 * @param classes the names of the classes
 * @throws ArgumentError if lengths differ, there are no images, or an index has no class
 */
export function confusionMatrix(
  truth: readonly number[],
  predicted: readonly number[],
  classes: readonly string[],
): Confusion {
  const names: unknown = classes;
  if (!Array.isArray(names) || names.length === 0) {
    reject('classes', 'a name for each class', classes);
  }
  requireLabels('truth', truth, { classes: classes.length });
  requireLabels('predicted', predicted, { classes: classes.length });
  if (truth.length !== predicted.length) {
    throw new ArgumentError(
      `predicted: expected one prediction for each of ${truth.length} true classes, got ${predicted.length}`,
    );
  }
  if (truth.length === 0) reject('truth', 'the class of at least one image', truth);

  const counts = classes.map(() => new Array<number>(classes.length).fill(0));
  for (const [i, row] of truth.entries()) {
    const column = predicted[i] ?? 0;
    const of = counts[row];
    if (of !== undefined) of[column] = (of[column] ?? 0) + 1;
  }
  const scores = classes.map((name, index): ClassScores => {
    const right = counts[index]?.[index] ?? 0;
    const support = (counts[index] ?? []).reduce((sum, count) => sum + count, 0);
    const taken = counts.reduce((sum, row) => sum + (row[index] ?? 0), 0);
    return {
      name,
      support,
      predicted: taken,
      precision: ratio(right, taken),
      recall: ratio(right, support),
      f1: ratio(2 * right, support + taken),
    };
  });
  const right = counts.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  return {
    kind: 'confusion',
    total: truth.length,
    accuracy: right / truth.length,
    macro: {
      precision: mean(scores.map(({ precision }) => precision)),
      recall: mean(scores.map(({ recall }) => recall)),
      f1: mean(scores.map(({ f1 }) => f1)),
    },
    classes: scores,
    counts,
  };
}
