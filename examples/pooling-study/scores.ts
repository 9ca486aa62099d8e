import * as tf from '@tensorflow/tfjs';
import type { Features } from 'resnet-heads';
import { calibrationOf } from '../../src/explain/calibration.js';
import { imageProbabilities, scoreKindOf } from '../../src/model/scores.js';

const BATCH_SIZE = 64;
/** A probability of 0, which a softmax may round to, would cost infinitely much: Keras's epsilon. */
const LEAST_PROBABILITY = 1e-7;

/** How a head does on some pictures. */
export interface Scores {
  readonly accuracy: number;
  /** Mean negative log-likelihood. */
  readonly loss: number;
  /** Expected calibration error, 0 to 1. */
  readonly calibration: number;
  readonly right: readonly boolean[];
}

/** Scores a head on features, which are disposed; a map's probabilities are averaged over its positions first. */
export async function scored(head: tf.LayersModel, { values, labels }: Features): Promise<Scores> {
  const probabilities = tf.tidy(() =>
    imageProbabilities(
      head.predict(values, { batchSize: BATCH_SIZE }) as tf.Tensor,
      scoreKindOf('head', head),
    ),
  );
  values.dispose();
  const rows = await probabilities.array();
  probabilities.dispose();
  const confidences = rows.map((row) => Math.max(...row));
  const right = rows.map((row, i) => row.indexOf(confidences[i] ?? NaN) === labels[i]);
  const losses = rows.map((row, i) =>
    Math.log(Math.max(LEAST_PROBABILITY, row[labels[i] ?? -1] ?? 0)),
  );
  return {
    accuracy: right.filter(Boolean).length / right.length,
    loss: -losses.reduce((sum, each) => sum + each, 0) / losses.length,
    calibration: calibrationOf(right, confidences).error,
    right,
  };
}

/** The accuracy of a head on features, which are disposed. */
export const accuracyOf = async (head: tf.LayersModel, features: Features): Promise<number> =>
  (await scored(head, features)).accuracy;
