import * as tf from '@tensorflow/tfjs';
import { readAndDispose } from '../../model/dispose.js';
import type { Rows } from './rows.js';

/** How features are standardised: `(feature − mean) · inverse`. */
export interface Scale {
  readonly mean: Float64Array;
  /** One over the standard deviation; 0 for a feature that doesn't vary, which then has no weight. */
  readonly inverse: Float64Array;
}

/** A deviation below this share of a feature's size is rounding, with float32's 1.2e-7 for each of some operations. */
const CONSTANT = 1e-6;

async function sumOf({ blocks, width }: Rows, of: (values: tf.Tensor2D) => tf.Tensor) {
  const total = new Float64Array(width);
  for (const { values } of blocks) {
    const sums = await readAndDispose(tf.tidy(() => of(values)));
    for (let i = 0; i < width; i++) total[i]! += sums[i]!;
  }
  return total;
}

/** Computes the means and deviations of features, in two passes. */
export async function scaleOf(rows: Rows): Promise<Scale> {
  const count = rows.labels.length;
  const mean = (await sumOf(rows, (values) => values.sum(0))).map((sum) => sum / count);
  const center = tf.tensor1d(Float32Array.from(mean));
  try {
    const squares = await sumOf(rows, (values) => values.sub(center).square().sum(0));
    const inverse = squares.map((sum, i) => {
      const deviation = Math.sqrt(sum / count);
      return deviation > CONSTANT * Math.abs(mean[i]!) ? 1 / deviation : 0;
    });
    return { mean, inverse };
  } finally {
    center.dispose();
  }
}
