import * as tf from '@tensorflow/tfjs';

/** Consecutive rows of a matrix. */
export interface Section {
  readonly section: tf.Tensor2D;
  /** Index of the first row. */
  readonly from: number;
}

/** Copies some rows. On wasm, `tf.slice` copies the whole matrix each time; on tensorflow, it copies nothing. */
function copyOf(values: tf.Tensor2D, from: number, count: number): tf.Tensor2D {
  if (tf.getBackend() === 'tensorflow') return tf.slice(values, from, count);
  const index = Int32Array.from({ length: count }, (_, i) => from + i);
  return tf.tidy(() => tf.gather(values, tf.tensor1d(index, 'int32')));
}

/** Yields a matrix in sections of at most `height` rows; each is disposed when the next one is requested. */
export function* sectionsOf(values: tf.Tensor2D, height: number): Generator<Section> {
  const [count] = values.shape;
  const size = Math.min(count, Math.max(1, height));
  for (let from = 0; from < count; from += size) {
    const section = size === count ? values : copyOf(values, from, Math.min(size, count - from));
    try {
      yield { section, from };
    } finally {
      if (section !== values) section.dispose();
    }
  }
}
