import * as tf from '@tensorflow/tfjs';

/** Features of consecutive images with their targets. */
export interface Block {
  /** `[rows, features]` */
  readonly values: tf.Tensor2D;
  /** What the scores should be, `[rows, outputs]`, 0 or 1. */
  readonly targets: tf.Tensor2D;
  /** Index of the first row. */
  readonly from: number;
}

/** Features of images with their classes, in blocks. */
export interface Rows {
  readonly labels: Int32Array;
  readonly width: number;
  readonly blocks: readonly Block[];
  readonly dispose: () => void;
}

/**
 * Scores in a block: few enough for a CPU's cache, as most of the time beside the product goes into passes over them. A GPU is
 * faster with more.
 */
const CPU_SCORES = 2 ** 19;
const SCORES = 2 ** 24;

/** The features of some consecutive rows; on tensorflow, a slice shares the memory of the whole. */
function part(values: tf.Tensor2D, from: number, count: number): tf.Tensor2D {
  if (tf.getBackend() === 'tensorflow') return tf.slice(values, from, count);
  const index = Int32Array.from({ length: count }, (_, i) => from + i);
  return tf.tidy(() => tf.gather(values, tf.tensor1d(index, 'int32')));
}

/** `[rows, outputs]` from class indices; a single output stands for the second of two classes. */
const targetsOf = (labels: Int32Array, outputs: number): tf.Tensor2D =>
  tf.tidy((): tf.Tensor2D =>
    outputs === 1
      ? tf.tensor2d(Float32Array.from(labels), [labels.length, 1])
      : (tf.oneHot(tf.tensor1d(labels, 'int32'), outputs).toFloat() as tf.Tensor2D),
  );

/**
 * Divides features into blocks.
 *
 * @param values remains the caller's, and has to live as long as the result
 * @param scores how many scores are computed for each row
 */
export function rowsOf(
  values: tf.Tensor2D,
  labels: Int32Array,
  outputs: number,
  scores: number,
): Rows {
  const [count, width] = values.shape;
  const most = tf.getBackend() === 'tensorflow' ? CPU_SCORES : SCORES;
  const height = Math.max(1, Math.floor(most / scores));
  const blocks: Block[] = [];
  for (let from = 0; from < count; from += height) {
    const size = Math.min(height, count - from);
    blocks.push({
      values: size === count ? values : part(values, from, size),
      targets: targetsOf(labels.subarray(from, from + size), outputs),
      from,
    });
  }
  return {
    ...{ labels, width, blocks },
    dispose: () => {
      for (const block of blocks) {
        block.targets.dispose();
        if (block.values !== values) block.values.dispose();
      }
    },
  };
}
