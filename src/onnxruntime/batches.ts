import * as tf from '@tensorflow/tfjs';

export interface Batches {
  /** Images of a batch, at most. */
  readonly size: number;
  /** Whether a smaller batch is filled up with black images, whose results are left out. */
  readonly filled?: boolean;
}

/** Runs `run` on some images at a time. */
export async function inBatches(
  pixels: tf.Tensor4D,
  { size, filled = false }: Batches,
  run: (batch: tf.Tensor4D) => Promise<tf.Tensor>,
): Promise<tf.Tensor> {
  const [count, height, width, channels] = pixels.shape;
  if (count === size || (count < size && !filled)) return run(pixels);
  const parts: tf.Tensor[] = [];
  try {
    for (let from = 0; from < count; from += size) {
      const own = Math.min(size, count - from);
      const batch = tf.tidy(() => {
        const some = pixels.slice([from, 0, 0, 0], [own, height, width, channels]);
        const around = [0, 0] satisfies [number, number];
        return filled ? some.pad<tf.Tensor4D>([[0, size - own], around, around, around]) : some;
      });
      try {
        parts.push(await run(batch));
      } finally {
        batch.dispose();
      }
    }
    return tf.tidy(() => tf.concat(parts).slice(0, count));
  } finally {
    tf.dispose(parts);
  }
}
