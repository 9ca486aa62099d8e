import { ArgumentError, present, reject, requireLabels } from '../errors.js';

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
  const count = (row: number, column: number) => present(counts[row]?.[column], 'a count');
  for (const [i, row] of truth.entries()) {
    const column = present(predicted[i], 'a prediction');
    present(counts[row], 'a row of counts')[column] = count(row, column) + 1;
  }
  const sum = (values: readonly number[]) => values.reduce((running, value) => running + value, 0);
  const scores = classes.map((name, index): ClassScores => {
    const right = count(index, index);
    const support = sum(present(counts[index], 'a row of counts'));
    const taken = sum(counts.map((_, row) => count(row, index)));
    return {
      name,
      support,
      predicted: taken,
      precision: ratio(right, taken),
      recall: ratio(right, support),
      f1: ratio(2 * right, support + taken),
    };
  });
  const right = sum(counts.map((_, index) => count(index, index)));
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
