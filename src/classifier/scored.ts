import * as tf from '@tensorflow/tfjs';
import { imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import type { PartBatch } from '../pictures/set.js';

/** A batch without its images, and what a model gives for them. */
export interface Scored extends Omit<PartBatch, 'images'> {
  /** Probabilities, image by image. */
  readonly scores: Float32Array;
}

/** Runs a model on batches, whose images are disposed. */
export async function* scored(
  model: tf.LayersModel,
  batches: AsyncIterable<PartBatch>,
): AsyncGenerator<Scored> {
  const kind = scoreKindOf('model', model);
  for await (const { images, ...batch } of batches) {
    let scores: tf.Tensor2D;
    try {
      scores = tf.tidy(() => imageProbabilities(model.predictOnBatch(images) as tf.Tensor, kind));
    } finally {
      images.dispose();
    }
    yield { ...batch, scores: await readScores(scores) };
  }
}
