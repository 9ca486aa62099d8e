import * as tf from '@tensorflow/tfjs';
import type { Picture } from './pictures.js';

/** Large enough to keep a backend busy, small enough for any memory. */
const BATCH_SIZE = 16;

export interface Batch {
  /** `[batch, height, width, 3]`, values from −1 to 1. Yours to dispose. */
  readonly images: tf.Tensor4D;
  readonly labels: readonly number[];
}

/** Decodes pictures a batch at a time, so that memory doesn't grow with their number. */
export async function* batches(
  pictures: readonly Picture[],
  [height = 0, width = 0]: readonly number[],
): AsyncGenerator<Batch> {
  for (let start = 0; start < pictures.length; start += BATCH_SIZE) {
    const batch = pictures.slice(start, start + BATCH_SIZE);
    const decoded = await Promise.all(batch.map((picture) => picture.decode(height, width)));
    const values = new Float32Array(batch.length * height * width * 3);
    for (const [i, pixels] of decoded.entries()) {
      values.set(
        Float32Array.from(pixels, (v) => v / 127.5 - 1),
        (i * values.length) / batch.length,
      );
    }
    yield {
      images: tf.tensor4d(values, [batch.length, height, width, 3]),
      labels: batch.map(({ label }) => label),
    };
  }
}
