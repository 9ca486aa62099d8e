import * as tf from '@tensorflow/tfjs';
import { imageScores } from '../model/scores.js';
import type { LabelledBatch } from '../train/features.js';
import { ArgumentError, reject, requireOneOf, requireOptions } from '../errors.js';
import { pauser } from '../event-loop.js';
import { requireLayersModel } from '../model/check.js';

/** To the right, down, or both at once. */
export type ShiftAxis = 'x' | 'y' | 'both';

export interface RobustnessOptions {
  /**
   * Pixels by which to shift, to the right and down where above zero.
   * @default [-32, -16, -8, -4, 0, 4, 8, 16, 32]
   */
  readonly shifts?: readonly number[];
  /** @default 'x' */
  readonly axis?: ShiftAxis;
}

/** How a model did on images shifted by so many pixels. */
export interface ShiftResult {
  readonly pixels: number;
  /** Share of the images that were taken for what they are. */
  readonly accuracy: number;
  /** Share that were taken for what they were taken for unshifted, right or wrong. */
  readonly agreement: number;
  readonly images: number;
}

export interface Robustness {
  readonly axis: ShiftAxis;
  /** In the order of the shifts asked for. */
  readonly shifts: readonly ShiftResult[];
}

const AXES: readonly ShiftAxis[] = ['x', 'y', 'both'];
const DEFAULT_SHIFTS: readonly number[] = [-32, -16, -8, -4, 0, 4, 8, 16, 32];

/**
 * Images shifted along an axis; the row or column at the edge is repeated into what becomes free.
 *
 * Not wrapped round: that would bring what leaves on one side, an object's half perhaps, in on the other.
 * Not filled with zeros: those are another colour to each preprocessing, and their border is a sharp edge
 * that the picture doesn't have.
 *
 * @param dimension 1 for down, 2 for right
 * @returns a new tensor, yours to dispose
 */
function shift(images: tf.Tensor4D, pixels: number, dimension: 1 | 2): tf.Tensor4D {
  const size = images.shape[dimension];
  const from = Array.from({ length: size }, (_, i) => Math.min(size - 1, Math.max(0, i - pixels)));
  return tf.tidy(() => images.gather(tf.tensor1d(from, 'int32'), dimension));
}

/**
 * Images `[n, h, w, c]` shifted by `pixels` to the right, down or both; their edge is repeated into what
 * becomes free.
 *
 * @returns a new tensor, yours to dispose
 */
export function shiftImages(images: tf.Tensor4D, pixels: number, axis: ShiftAxis): tf.Tensor4D {
  return tf.tidy(() => {
    const across = axis === 'y' ? images : shift(images, pixels, 2);
    return axis === 'x' ? across : shift(across, pixels, 1);
  });
}

/** The class each image is taken for; `[n, h, w, k]` is averaged over its positions first. */
async function classesOf(model: tf.LayersModel, images: () => tf.Tensor4D): Promise<number[]> {
  const classes = tf.tidy(() => imageScores(model.predict(images()) as tf.Tensor).argMax(1));
  try {
    return [...(await classes.data())];
  } finally {
    classes.dispose();
  }
}

function requireShifts(shifts: unknown): void {
  const fits = Array.isArray(shifts) && shifts.length > 0 && shifts.every(Number.isSafeInteger);
  if (!fits) reject('shifts', 'at least one whole number of pixels', shifts);
}

/** The number of classes of a model with one input and one output, of images or of their positions. */
function requireClassifier(model: tf.LayersModel): number {
  requireLayersModel('model', model);
  const [output, ...others] = model.outputs;
  const shape = output?.shape ?? [];
  const classes = shape.at(-1) ?? 0;
  const fits = model.inputs.length === 1 && others.length === 0;
  if (!fits || (shape.length !== 2 && shape.length !== 4) || classes < 2) {
    const got = model.outputs.map((each) => each.shape);
    reject('model', 'one output [n, classes] or [n, h, w, classes], of 2 classes or more', got);
  }
  return classes;
}

function requireBatches(value: unknown): void {
  const iterable =
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value);
  if (!iterable) {
    reject('batches', 'an iterable of { images, labels }', value, 'put one batch in an array');
  }
}

function requireBatch(batch: unknown, classes: number): asserts batch is LabelledBatch {
  requireOptions('batch', batch);
  const { images, labels } = batch as Partial<Record<keyof LabelledBatch, unknown>>;
  const shape: unknown = images instanceof tf.Tensor ? images.shape : images;
  if (!(images instanceof tf.Tensor) || !Array.isArray(shape) || shape.length !== 4) {
    reject('batch.images', 'a tensor [n, h, w, c]', shape);
  }
  const count = Number(shape[0]);
  if (!Array.isArray(labels) || labels.length !== count) {
    const got: unknown = Array.isArray(labels) ? labels.length : labels;
    reject('batch.labels', `a class for each of ${count} images`, got);
  }
  for (const label of labels as readonly unknown[]) {
    if (!Number.isSafeInteger(label) || (label as number) < 0 || (label as number) >= classes) {
      reject('batch.labels', `class indices from 0 to ${classes - 1}`, label);
    }
  }
}

/**
 * How far a classifier holds when its images are shifted: what pooling is to give, and a flattened map to
 * lack. The edge of an image is repeated into what becomes free (see `shiftImages`).
 *
 * Each batch is asked for once and goes through all shifts before the next, so that memory doesn't grow with
 * the images, and a stream does. A model with an output for each position, `[n, h, w, k]`, has them averaged.
 *
 * @param batches their tensors stay yours: a generator may dispose a batch's once it is asked for the next
 * @throws ArgumentError where model, options or a batch don't fit
 */
export async function translationRobustness(
  model: tf.LayersModel,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: RobustnessOptions = {},
): Promise<Robustness> {
  const classes = requireClassifier(model);
  requireOptions('options', options);
  const { shifts = DEFAULT_SHIFTS, axis = 'x' } = options;
  requireShifts(shifts);
  requireOneOf('axis', axis, AXES);
  requireBatches(batches);

  const sums = shifts.map((pixels) => ({ pixels, right: 0, same: 0 }));
  const pause = pauser();
  let count = 0;
  for await (const batch of batches) {
    requireBatch(batch, classes);
    const { images, labels } = batch;
    const unshifted = await classesOf(model, () => images);
    for (const sum of sums) {
      const { pixels } = sum;
      const found =
        pixels === 0 ? unshifted : await classesOf(model, () => shiftImages(images, pixels, axis));
      sum.right += found.filter((index, i) => index === labels[i]).length;
      sum.same += found.filter((index, i) => index === unshifted[i]).length;
      await pause();
    }
    count += labels.length;
  }
  if (count === 0) throw new ArgumentError('batches: expected at least one image, got none');
  return {
    axis,
    shifts: sums.map(({ pixels, right, same }) => ({
      pixels,
      accuracy: right / count,
      agreement: same / count,
      images: count,
    })),
  };
}
