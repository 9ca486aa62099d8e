import type { LabelSet } from '../label-sets.js';
import { type Cut, cutsOf } from '../train/precision-recall.js';
import { mean, ratio } from './confusion.js';

/** The scores of one class among several that a picture can have. */
export interface LabelScores {
  readonly name: string;
  /** Number of images with this label. */
  readonly support: number;
  /** Number of images whose probability is at least the threshold. */
  readonly predicted: number;
  /** Probability from which the class is predicted. */
  readonly threshold: number;
  /**
   * Mean precision over the images with this label, each at its own probability as the threshold, as scikit-learn's
   * `average_precision_score`; null if there are none.
   */
  readonly averagePrecision: number | null;
  /** Share of the images predicted to have this label that have it; null if there are none. */
  readonly precision: number | null;
  /** Share of the images with this label that were predicted to have it; null if there are none. */
  readonly recall: number | null;
  /** Harmonic mean of precision and recall, `2 TP / (support + predicted)`; null if both counts are 0. */
  readonly f1: number | null;
}

/** Precision, recall and F1 of several classes; null if none of them has a score. */
export type MeanScores = Readonly<Record<'precision' | 'recall' | 'f1', number | null>>;

/** How well a classifier finds the labels of pictures that can have several. */
export interface MultiLabelScores {
  readonly kind: 'multi-label';
  /** Number of images. */
  readonly total: number;
  /** Share of the images with exactly the right labels: subset accuracy. */
  readonly accuracy: number;
  /** Unweighted mean of the average precisions (mAP); null if no image has a label. */
  readonly meanAveragePrecision: number | null;
  /** Unweighted means over the classes whose score is not null; null if there are none. */
  readonly macro: MeanScores;
  /** Scores of all labels taken together. */
  readonly micro: MeanScores;
  readonly classes: readonly LabelScores[];
}

/** The area under the steps of precision over recall. */
function averagePrecision(cuts: readonly Cut[]): number | null {
  const support = cuts.at(-1)?.right ?? 0;
  let [sum, before] = [0, 0];
  for (const { found, right } of cuts) {
    sum += ((right - before) * right) / found;
    before = right;
  }
  return ratio(sum, support);
}

const scoresOf = (right: number, support: number, predicted: number): MeanScores => ({
  precision: ratio(right, predicted),
  recall: ratio(right, support),
  f1: ratio(2 * right, support + predicted),
});

/**
 * Scores the probabilities of labels, without tensors.
 *
 * @param truth the classes of each image
 * @param probabilities of each image, one per class
 * @param thresholds the probability from which each class is predicted
 */
export function multiLabelScores(
  truth: readonly LabelSet[],
  probabilities: readonly (readonly number[])[],
  classes: readonly string[],
  thresholds: readonly number[],
): MultiLabelScores & { readonly predicted: readonly LabelSet[] } {
  const predicted = probabilities.map((own) =>
    own.flatMap((probability, label) => (probability >= (thresholds[label] ?? NaN) ? [label] : [])),
  );
  const all = { right: 0, support: 0, predicted: 0 };
  const scored = classes.map((name, label): LabelScores => {
    const isPositive = truth.map((labels) => labels.includes(label));
    const isFound = predicted.map((labels) => labels.includes(label));
    const count = (of: readonly boolean[]) => of.filter(Boolean).length;
    const support = count(isPositive);
    const found = count(isFound);
    const right = count(isPositive.map((own, i) => own && isFound[i] === true));
    all.right += right;
    all.support += support;
    all.predicted += found;
    const own = probabilities.map((each) => each[label] ?? NaN);
    return {
      ...{ name, support, predicted: found, threshold: thresholds[label] ?? NaN },
      averagePrecision: averagePrecision(cutsOf(own, isPositive)),
      ...scoresOf(right, support, found),
    };
  });
  const exact = truth.filter((labels, i) => labels.join() === predicted[i]?.join()).length;
  return {
    kind: 'multi-label',
    total: truth.length,
    accuracy: exact / truth.length,
    meanAveragePrecision: mean(scored.map((each) => each.averagePrecision)),
    macro: {
      precision: mean(scored.map(({ precision }) => precision)),
      recall: mean(scored.map(({ recall }) => recall)),
      f1: mean(scored.map(({ f1 }) => f1)),
    },
    micro: scoresOf(all.right, all.support, all.predicted),
    classes: scored,
    predicted,
  };
}
