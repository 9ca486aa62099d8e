import * as tf from '@tensorflow/tfjs';
import type { Features } from 'resnet-heads';
import { imageProbabilities, scoreKindOf } from '../../src/model/scores.js';

/** As many as Guo et al. take (arXiv 1706.04599). */
const BINS = 15;
/** Keras's epsilon: a probability of zero, which a softmax may round to, would cost infinitely much. */
const LEAST_PROBABILITY = 1e-7;
const BATCH_SIZE = 64;

/** How a head does on some pictures. */
export interface Scores {
  readonly accuracy: number;
  /** Mean negative log-likelihood. */
  readonly loss: number;
  /** Expected calibration error: confidence against accuracy, 0 to 1. */
  readonly calibration: number;
  /** Of each picture, whether its likeliest class is the right one. */
  readonly right: readonly boolean[];
}

/**
 * The mean difference of confidence and accuracy over bins of equal width, weighted by their pictures.
 *
 * @param answers confidence in the likeliest class, and whether it was right
 */
export function calibrationError(
  answers: readonly { readonly confidence: number; readonly right: boolean }[],
  bins = BINS,
): number {
  const sums = Array.from({ length: bins }, () => 0);
  for (const { confidence, right } of answers) {
    const bin = Math.min(bins - 1, Math.floor(confidence * bins));
    sums[bin] = (sums[bin] ?? 0) + confidence - Number(right);
  }
  return sums.reduce((total, sum) => total + Math.abs(sum), 0) / answers.length;
}

/** Scores probabilities `[pictures][classes]` by the class of each picture. */
export function scoreProbabilities(
  probabilities: readonly (readonly number[])[],
  labels: ArrayLike<number>,
): Scores {
  let loss = 0;
  const answers = probabilities.map((each, i) => {
    const confidence = Math.max(...each);
    const label = labels[i] ?? -1;
    loss -= Math.log(Math.max(LEAST_PROBABILITY, each[label] ?? 0));
    return { confidence, right: each.indexOf(confidence) === label };
  });
  return {
    accuracy: answers.filter(({ right }) => right).length / answers.length,
    loss: loss / answers.length,
    calibration: calibrationError(answers),
    right: answers.map(({ right }) => right),
  };
}

/** Scores a head on features; a map's probabilities are averaged over its positions first. */
export function scoreHead(head: tf.LayersModel, { values, labels }: Features): Scores {
  const probabilities = tf.tidy(() =>
    imageProbabilities(
      head.predict(values, { batchSize: BATCH_SIZE }) as tf.Tensor,
      scoreKindOf('head', head),
    ).arraySync(),
  );
  return scoreProbabilities(probabilities, labels);
}
