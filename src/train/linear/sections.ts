import * as tf from '@tensorflow/tfjs';
import type { Examples } from '../examples.js';

/** Consecutive examples. */
export interface Section {
  readonly section: tf.Tensor;
  /** Index of the first row. */
  readonly from: number;
}

/** Copies some rows; on tensorflow, a slice copies nothing. */
async function copyOf(examples: Examples, from: number, count: number) {
  const { values } = examples;
  if (values !== undefined && tf.getBackend() === 'tensorflow') {
    return tf.slice(values, from, count);
  }
  return examples.take(Int32Array.from({ length: count }, (_, i) => from + i));
}

/**
 * Yields examples in sections of at most `height` rows; each is disposed when the next one is requested. The
 * next one is read meanwhile.
 */
export async function* sectionsOf(examples: Examples, height: number): AsyncGenerator<Section> {
  const { values } = examples;
  const count = examples.labels.length;
  const size = Math.min(count, Math.max(1, height));
  if (values !== undefined && size === count) {
    yield { section: values, from: 0 };
    return;
  }
  const read = (from: number) =>
    from < count ? copyOf(examples, from, Math.min(size, count - from)) : undefined;
  let next = read(0);
  try {
    for (let from = 0; from < count; from += size) {
      const section = await next;
      next = undefined;
      if (section === undefined) return;
      try {
        next = read(from + size);
        // Awaited later: without this, a failure that comes first would end the process.
        next?.catch(() => undefined);
        yield { section, from };
      } finally {
        section.dispose();
      }
    }
  } finally {
    await next?.then(tf.dispose, () => undefined);
  }
}
