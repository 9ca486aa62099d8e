import * as tf from '@tensorflow/tfjs';
import { ArgumentError, present } from '../errors.js';
import {
  hasActivation,
  probabilitiesOfLogits,
  requireScoring,
  type ScoreKind,
  withoutActivation,
} from '../model/scores.js';
import { readAndDispose } from '../model/dispose.js';
import type { Trainable } from './adam.js';
import { allWithin, type Labels } from './labels.js';

/**
 * Runs `work` while a model returns logits instead of scores. Trained through its softmax, a head gets stuck: TensorFlow.js clips
 * probabilities at 1e-7 before it takes their logarithm, so a confident wrong prediction has no gradient.
 *
 * @throws ArgumentError if the last activation isn't softmax, sigmoid or linear, or is a separate layer such as Softmax, or if the
 *   model is being trained already
 */
export async function withLogits<T>(
  subject: string,
  model: tf.LayersModel,
  work: (kind: ScoreKind) => Promise<T>,
): Promise<T> {
  const { kind, layer } = requireScoring(subject, model);
  if (!hasActivation(layer)) {
    throw new ArgumentError(
      `${subject}: expected an activation that can be removed for training, got layer "${layer.name}" (${layer.getClassName()}); use tf.layers.activation instead`,
    );
  }
  return withoutActivation(layer, () => work(kind));
}

/** Logits as `[batch, positions, classes]`. */
const flat = (logits: tf.Tensor): tf.Tensor3D =>
  logits.reshape([logits.shape[0], -1, present(logits.shape.at(-1), 'axis of classes')]);

/**
 * The cross-entropy of each position from its logits, and its derivatives by them: the softmax's, or the mean of the sigmoids' if
 * the head ends in a sigmoid or has a single logit, which stands for the second of two classes.
 *
 * @param logits `[images, positions, outputs]`
 * @param targets of all positions of an image, `[images, 1, outputs]`
 * @returns `[images, positions]` and `[images, positions, outputs]`
 */
export function lossAndSlope(
  kind: ScoreKind,
  logits: tf.Tensor3D,
  targets: tf.Tensor3D,
): readonly [tf.Tensor2D, tf.Tensor3D] {
  const outputs = logits.shape[2];
  if (kind === 'sigmoid' || outputs === 1) {
    // log(1 + e^x) − x·z, in a form that can't overflow.
    const each = logits.relu().sub(logits.mul(targets)).add(logits.abs().neg().exp().log1p());
    return [each.mean(2), logits.sigmoid().sub(targets).div(outputs)];
  }
  const logs = logits.logSoftmax();
  return [logs.mul(targets).sum<tf.Tensor2D>(2).neg(), logs.exp().sub(targets)];
}

/**
 * The mean loss of a batch, computed from logits by {@link lossAndSlope}. On a map, each position is compared with its image's
 * label.
 *
 * @param logits `[batch, classes]` or `[batch, h, w, classes]`
 * @param targets of each image, one per score, by `targetsOf`
 * @param weights of each image, 1 on average
 */
export function lossOf(
  kind: ScoreKind,
  logits: tf.Tensor,
  targets: tf.Tensor2D,
  weights?: tf.Tensor1D,
): tf.Scalar {
  // Derived in one piece: op by op, a step of a pooled head took a tenth longer.
  const meanLoss = tf.customGrad<tf.Scalar>((given, save) => {
    const x = flat(given as tf.Tensor);
    const [images, positions] = x.shape;
    const [each, slope] = lossAndSlope(kind, x, targets.expandDims(1));
    const share = tf.div(weights?.reshape([-1, 1, 1]) ?? 1, images * positions);
    (save as tf.GradSaveFunc)([slope.mul(share)]);
    const value = each.mul(share.reshape([-1, 1])).sum<tf.Scalar>();
    const gradFunc = (by: tf.Tensor, [derivative]: tf.Tensor[]) =>
      present(derivative, 'derivative').reshape(logits.shape).mul(by);
    return { value, gradFunc };
  });
  return tf.tidy(() => meanLoss(logits));
}

/**
 * Whether each image is predicted correctly, `[batch]`, 0 or 1: its class is the most likely one or, if images can have several,
 * all scores are on the right side of 0.5 (subset accuracy).
 */
export const rightOf = (
  kind: ScoreKind,
  logits: tf.Tensor,
  { labels, labelSets }: Labels,
  targets: tf.Tensor2D,
): tf.Tensor1D =>
  tf.tidy(() => {
    const probabilities = probabilitiesOfLogits(logits, kind);
    if (labelSets) return allWithin(probabilities, targets);
    return probabilities.argMax<tf.Tensor1D>(1).equal(tf.tensor1d(labels, 'int32'));
  });

/** Rejects a loss of NaN, which would make every image count as class 0. */
export function requireFiniteValidation(loss: number): void {
  if (Number.isFinite(loss)) return;
  throw new ArgumentError(
    `validation: expected a finite loss, got ${loss}; check the pictures and the weights for NaN and infinite values`,
  );
}

/** Stops training that has diverged. */
export function requireFiniteLoss(loss: number, learningRate: number | 'the default'): void {
  if (Number.isFinite(loss)) return;
  throw new ArgumentError(
    `learningRate: expected a loss that stays finite, got ${loss} at ${learningRate}; lower it, or check the pictures and the weights for NaN and infinite values`,
  );
}

/** Checks the last step, which no loss was computed after. */
export async function requireFiniteWeights(
  weights: readonly Trainable[],
  learningRate: number | 'the default',
): Promise<void> {
  for (const { variable } of weights) {
    const [sum] = await readAndDispose(tf.tidy(() => variable.abs().max()));
    requireFiniteLoss(present(sum, 'largest weight'), learningRate);
  }
}
