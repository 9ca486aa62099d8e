import * as tf from '@tensorflow/tfjs';
import { standardised, type Scale } from './scale.js';
import { sectionsOf } from './sections.js';

/** Features with the class of each image. */
export interface Examples {
  /** `[images, features]` */
  readonly values: tf.Tensor2D;
  readonly labels: Int32Array;
}

/** Standardised features of consecutive images, with their targets. */
export interface Block {
  /** `[rows, features]` */
  readonly values: tf.Tensor2D;
  /** What the scores should be, `[rows, outputs]`, 0 or 1. */
  readonly targets: tf.Tensor2D;
  /** Index of the first row. */
  readonly from: number;
}

/** Standardised features of images with their classes, in blocks. */
export interface Rows {
  readonly labels: Int32Array;
  readonly width: number;
  readonly blocks: readonly Block[];
  readonly dispose: () => void;
}

/**
 * Scores in a block: few enough for a CPU's cache, as most of the time beside the product goes into passes over them. Other
 * backends are faster with fewer calls.
 */
const CPU_SCORES = 2 ** 19;
const SCORES = 2 ** 24;

/** `[rows, outputs]` from class indices; a single output stands for the second of two classes. */
const targetsOf = (labels: Int32Array, outputs: number): tf.Tensor2D =>
  tf.tidy((): tf.Tensor2D =>
    outputs === 1
      ? tf.tensor2d(Float32Array.from(labels), [labels.length, 1])
      : (tf.oneHot(tf.tensor1d(labels, 'int32'), outputs).toFloat() as tf.Tensor2D),
  );

/**
 * Makes a standardised copy of features, in blocks.
 *
 * @param scores how many scores are computed for each row
 */
export function rowsOf(
  { values, labels }: Examples,
  scale: Scale,
  outputs: number,
  scores: number,
): Rows {
  const most = tf.getBackend() === 'tensorflow' ? CPU_SCORES : SCORES;
  const blocks: Block[] = [];
  for (const { section, from } of sectionsOf(values, Math.floor(most / scores))) {
    const targets = targetsOf(labels.subarray(from, from + section.shape[0]), outputs);
    blocks.push({ values: standardised(section, scale), targets, from });
  }
  return {
    ...{ labels, width: values.shape[1], blocks },
    dispose: () => {
      tf.dispose(blocks.flatMap((block) => [block.values, block.targets]));
    },
  };
}
