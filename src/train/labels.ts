import * as tf from '@tensorflow/tfjs';
import { classesIn, type LabelSet } from '../label-sets.js';

/** The labels of images. */
export interface Labels {
  /** Class index of each image; with `labelSets`, the index of its set. */
  readonly labels: Int32Array;
  /** The classes of each label, if images can have several. */
  readonly labelSets?: readonly LabelSet[] | undefined;
  /** How many consecutive images are one picture: itself, then its views. @default 1 */
  readonly views?: number | undefined;
}

/** The indices of pictures among their images, without those of their views. */
export const plainRows = ({ labels, views = 1 }: Pick<Labels, 'labels' | 'views'>): Int32Array =>
  Int32Array.from({ length: labels.length / views }, (_, picture) => picture * views);

/**
 * What the scores of images should be: 1 for their classes and 0 for others.
 *
 * @param outputs the number of scores; a single one stands for the second of two classes
 * @returns `[images, outputs]`, float32
 */
export function targetsOf({ labels, labelSets }: Labels, outputs: number): tf.Tensor2D {
  const targets = new Float32Array(labels.length * outputs);
  labels.forEach((label, image) => {
    if (labelSets !== undefined) {
      for (const each of classesIn(label, labelSets)) targets[image * outputs + each] = 1;
    } else if (outputs === 1) targets[image] = label;
    else targets[image * outputs + label] = 1;
  });
  return tf.tensor2d(targets, [labels.length, outputs]);
}

/** Whether all probabilities of each image are on the right side of 0.5, `[images]`. */
export const allWithin = (probabilities: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D =>
  tf.tidy(() => probabilities.sub(targets).abs().max<tf.Tensor1D>(1).less(0.5));
