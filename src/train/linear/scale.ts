import * as tf from '@tensorflow/tfjs';
import { volume } from '../../layers/cost/layer-cost.js';
import { readAndDispose } from '../../model/dispose.js';
import type { Examples } from '../examples.js';
import { sectionsOf } from './sections.js';

/** How features are standardised: `(feature − mean) · inverse`. */
export interface Scale {
  readonly mean: Float32Array;
  /** One over the standard deviation; 0 for a feature that doesn't vary, which then has no weight; NaN if squares overflow. */
  readonly inverse: Float32Array;
}

/** A deviation below this share of a feature's size is rounding, with float32's 1.2e-7 for each of some operations. */
const CONSTANT = 1e-6;
/** Values in a section: 64 MB. */
export const VALUES = 2 ** 24;

/** Sums over the rows, in float32 within a section and in float64 over the sections. */
async function sumOf(examples: Examples, width: number, of: (rows: tf.Tensor2D) => tf.Tensor) {
  const total = new Float64Array(width);
  for await (const { section } of sectionsOf(
    examples,
    Math.floor(VALUES / volume(examples.shape)),
  )) {
    const sums = await readAndDispose(tf.tidy(() => of(section.reshape([-1, width]))));
    for (let i = 0; i < width; i++) total[i]! += sums[i]!;
  }
  return total;
}

/** The geometric mean of the deviations that aren't 0. */
function geometricMean(deviations: Float64Array): number {
  const logs = deviations.filter((each) => each > 0).map(Math.log);
  return Math.exp(logs.reduce((sum, each) => sum + each, 0) / Math.max(1, logs.length));
}

/**
 * Computes the means and deviations of features `[images, …, width]`, in two passes.
 *
 * Among many features of two or three images, some hardly differ by chance. Divided by their deviation, they would decide about
 * every other image, so a deviation counts as the geometric mean of all over the squared number of images, views not counted, at least.
 *
 * @param width how many values of an image are different features: all of a vector, or the channels of a map
 */
export async function scaleOf(examples: Examples, width = volume(examples.shape)): Promise<Scale> {
  const count = (examples.labels.length * volume(examples.shape)) / width;
  const sums = await sumOf(examples, width, (section) => section.sum(0));
  const mean = Float32Array.from(sums, (sum) => sum / count);
  const center = tf.tensor1d(mean);
  try {
    const squares = await sumOf(examples, width, (section) => section.sub(center).square().sum(0));
    const deviations = squares.map((sum, i) => {
      const deviation = Math.sqrt(sum / count);
      return deviation > CONSTANT * Math.abs(mean[i]!) ? deviation : 0;
    });
    const least = geometricMean(deviations) / (count / (examples.views ?? 1)) ** 2;
    const inverse = Float32Array.from(deviations, (each) =>
      each === 0 ? 0 : each < Infinity ? 1 / Math.max(each, least) : NaN,
    );
    return { mean, inverse };
  } finally {
    center.dispose();
  }
}

/** Standardises features `[rows, features]`. */
export const standardised = (values: tf.Tensor2D, { mean, inverse }: Scale): tf.Tensor2D =>
  tf.tidy(() => values.sub(tf.tensor1d(mean)).mul(tf.tensor1d(inverse)));
