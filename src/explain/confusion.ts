import { ArgumentError, reject, requireLabels } from '../errors.js';

/** How well one class is told from the others. Null where a quotient has nothing below its line. */
export interface ClassScores {
  readonly name: string;
  /** Images of this class. */
  readonly support: number;
  /** Images taken for this class. */
  readonly predicted: number;
  /** Share of those taken for this class that are of it; null if none was taken for it. */
  readonly precision: number | null;
  /** Share of those of this class that were taken for it; null if there is none of it. */
  readonly recall: number | null;
  /** Harmonic mean of both: `2 TP / (support + predicted)`; null if there is none of either. */
  readonly f1: number | null;
}

/** Which classes are taken for which, as `confusionMatrix` counts it. */
export interface Confusion {
  readonly kind: 'confusion';
  /** Images in all. */
  readonly total: number;
  /** Share of the images that were taken for what they are. */
  readonly accuracy: number;
  /** Means over the classes that have the figure, each class counting the same; null if none has it. */
  readonly macro: Readonly<Record<'precision' | 'recall' | 'f1', number | null>>;
  readonly classes: readonly ClassScores[];
  /** `counts[true][predicted]`: images of the one class taken for the other. */
  readonly counts: readonly (readonly number[])[];
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return ratio(
    known.reduce((sum, value) => sum + value, 0),
    known.length,
  );
}

/**
 * Counts which classes are taken for which. Pure arithmetic; allocates no tensor.
 *
 * @param truth each image's class, an index into `classes`
 * @param predicted what it was taken for, in the same order
 * @param classes their names
 * @throws ArgumentError where lengths differ, there is no image, or an index has no class
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
