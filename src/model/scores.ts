import * as tf from '@tensorflow/tfjs';

/**
 * A classifier's scores of each image. Of a map, those of its positions are averaged; a single score is that
 * of the second of two classes.
 *
 * @param scores `[n, classes]` or `[n, h, w, classes]`
 * @returns `[n, classes]`, of two classes or more; yours to dispose
 */
export function imageScores(scores: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const flat = scores
      .reshape([scores.shape[0], -1, scores.shape.at(-1) ?? 1])
      .mean<tf.Tensor2D>(1);
    return flat.shape[1] === 1 ? tf.concat([tf.sub<tf.Tensor2D>(1, flat), flat], 1) : flat;
  });
}
