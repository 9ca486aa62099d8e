import * as tf from '@tensorflow/tfjs';
import {
  countClasses,
  imageProbabilities,
  likeliest,
  readScores,
  type ScoreKind,
  scoreKindOf,
} from '../model/scores.js';
import { disposeImages, type LabelledBatch, requireBatch } from '../train/features.js';
import { ArgumentError, reject, requireOneOf } from '../errors.js';
import { pauser } from '../event-loop.js';
import { requireLayersModel } from '../model/check.js';
import type { Robustness, ShiftAxis } from './robustness.js';

export interface RobustnessOptions {
  /**
   * Shifts in pixels; positive shifts go to the right or down.
   * @default [-32, -16, -8, -4, 0, 4, 8, 16, 32]
   */
  readonly shifts?: readonly number[];
  /** Direction of the shifts: horizontal, vertical, or both at once. @default 'x' */
  readonly axis?: 'x' | 'y' | 'both';
}

const AXES: readonly ShiftAxis[] = ['x', 'y', 'both'];
const DEFAULT_SHIFTS: readonly number[] = [-32, -16, -8, -4, 0, 4, 8, 16, 32];

/**
 * Shifts images along one axis, and fills the gap by repeating the edge. Wrapping round would move a part of an object to the
 * opposite side; zeros are a different colour in each preprocessing, and add an edge that the picture doesn't have.
 *
 * @param dimension 1 for down, 2 for right
 * @returns a new tensor, which the caller disposes
 */
function shift(images: tf.Tensor4D, pixels: number, dimension: 1 | 2): tf.Tensor4D {
  const size = images.shape[dimension];
  const from = Array.from({ length: size }, (_, i) => Math.min(size - 1, Math.max(0, i - pixels)));
  return tf.tidy(() => images.gather(tf.tensor1d(from, 'int32'), dimension));
}

/**
 * Shifts images `[n, h, w, c]` to the right, down or both, and fills the gap by repeating the edge.
 *
 * @returns a new tensor, which the caller disposes
 */
export function shiftImages(images: tf.Tensor4D, pixels: number, axis: ShiftAxis): tf.Tensor4D {
  return tf.tidy(() => {
    const across = axis === 'y' ? images : shift(images, pixels, 2);
    return axis === 'x' ? across : shift(across, pixels, 1);
  });
}

/** Computes a model's scores, which the caller disposes. */
export type ToScores = (images: tf.Tensor4D) => Promise<tf.Tensor>;

/** The predicted class of each image; scores `[n, h, w, k]` are averaged over the positions first. */
async function classesOf(
  toScores: ToScores,
  kind: ScoreKind,
  classes: number,
  images: tf.Tensor4D,
): Promise<number[]> {
  const found = await toScores(images);
  const scores = tf.tidy(() => imageProbabilities(found, kind));
  found.dispose();
  return likeliest(await readScores(scores), classes);
}

function requireShifts(shifts: unknown): void {
  const fits = Array.isArray(shifts) && shifts.length > 0 && shifts.every(Number.isSafeInteger);
  if (!fits) reject('shifts', 'at least one whole number of pixels', shifts);
}

/** Checks that a model has one input, and one output with scores for each image or each position. */
function requireClassifier(model: tf.LayersModel): ScoreKind {
  requireLayersModel('model', model);
  const kind = scoreKindOf('model', model);
  const rank = model.outputs[0]?.shape.length;
  if (model.inputs.length !== 1 || (rank !== 2 && rank !== 4)) {
    const got = [model.inputs, model.outputs].map((each) => each.map(({ shape }) => shape));
    reject('model', 'one input, and one output [n, classes] or [n, h, w, classes]', got);
  }
  return kind;
}

/**
 * Implements `translationRobustness`.
 *
 * @param batches the images of each batch are disposed after use
 * @param toScores runs the model
 */
export async function shiftRobustness(
  model: tf.LayersModel,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: RobustnessOptions = {},
  toScores: ToScores = (images) => Promise.resolve().then(() => model.predict(images) as tf.Tensor),
): Promise<Robustness> {
  const kind = requireClassifier(model);
  const classes = countClasses(model);
  const { shifts = DEFAULT_SHIFTS, axis = 'x' } = options;
  requireShifts(shifts);
  requireOneOf('axis', axis, AXES);

  const sums = shifts.map((pixels) => ({ pixels, right: 0, same: 0 }));
  const pause = pauser();
  let count = 0;
  for await (const batch of batches) {
    try {
      requireBatch(batch, model, classes);
      const { images, labels } = batch;
      const classesIn = (own: tf.Tensor4D) => classesOf(toScores, kind, classes, own);
      const unshifted = await classesIn(images);
      for (const sum of sums) {
        const { pixels } = sum;
        let found = unshifted;
        if (pixels !== 0) {
          const shifted = shiftImages(images, pixels, axis);
          found = await classesIn(shifted).finally(() => {
            shifted.dispose();
          });
        }
        sum.right += found.filter((index, i) => index === labels[i]).length;
        sum.same += found.filter((index, i) => index === unshifted[i]).length;
        await pause();
      }
      count += labels.length;
    } finally {
      disposeImages(batch);
    }
  }
  if (count === 0) throw new ArgumentError('batches: expected at least one image, got none');
  return {
    kind: 'robustness',
    axis,
    shifts: sums.map(({ pixels, right, same }) => ({
      pixels,
      accuracy: right / count,
      agreement: same / count,
      images: count,
    })),
  };
}
