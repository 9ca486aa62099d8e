import * as tf from '@tensorflow/tfjs';
import { preprocess, type Preprocessing } from 'resnet-heads';
import type { Picture } from './pictures.js';

/** Large enough to keep a backend busy, small enough for any memory. */
const BATCH_SIZE = 16;

export interface Batch {
  /** `[batch, height, width, 3]`, scaled for the base. Yours to dispose. */
  readonly images: tf.Tensor4D;
  readonly labels: readonly number[];
}

/** Decodes pictures a batch at a time, so that memory doesn't grow with their number. */
export async function* batches(
  pictures: readonly Picture[],
  [height = 0, width = 0]: readonly number[],
  scaling: Preprocessing,
): AsyncGenerator<Batch> {
  for (let start = 0; start < pictures.length; start += BATCH_SIZE) {
    const batch = pictures.slice(start, start + BATCH_SIZE);
    const decoded = await Promise.all(batch.map((picture) => picture.decode(height, width)));
    const size = height * width * 3;
    const values = new Float32Array(batch.length * size);
    for (const [i, pixels] of decoded.entries()) values.set(pixels, i * size);
    yield {
      images: tf.tidy(() =>
        preprocess(tf.tensor4d(values, [batch.length, height, width, 3]), scaling),
      ),
      labels: batch.map(({ label }) => label),
    };
  }
}
