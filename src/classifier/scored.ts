import * as tf from '@tensorflow/tfjs';
import { imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import type { PartBatch } from '../pictures/set.js';

/** A batch without its images, and what a model gives for them. */
export interface Scored extends Omit<PartBatch, 'images'> {
  /** Probabilities, image by image. */
  readonly scores: Float32Array;
}

/**
 * Runs a model on batches, whose images are disposed.
 *
 * @param model gives the scores' kind
 * @param run gives the model's scores, which are disposed
 * @param views how many consecutive batches have the same pictures; their probabilities are averaged
 */
export async function* scored(
  model: tf.LayersModel,
  run: (images: tf.Tensor4D) => Promise<tf.Tensor>,
  batches: AsyncIterable<PartBatch>,
  views = 1,
): AsyncGenerator<Scored> {
  let scores: Float32Array[] = [];
  for await (const { images, ...batch } of batches) {
    let found: tf.Tensor | undefined;
    let own: tf.Tensor2D;
    try {
      const outputs = (found = await run(images));
      // Read each time, as training of the same head would change it.
      const kind = scoreKindOf('model', model);
      own = tf.tidy(() => imageProbabilities(outputs, kind));
    } finally {
      tf.dispose([images, ...(found ? [found] : [])]);
    }
    scores.push(await readScores(own));
    if (scores.length < views) continue;
    yield { ...batch, scores: meanOf(scores) };
    scores = [];
  }
}

function meanOf([first = new Float32Array(), ...others]: readonly Float32Array[]): Float32Array {
  const count = others.length + 1;
  return first.map(
    (value, i) => others.reduce((sum, each) => sum + (each[i] ?? NaN), value) / count,
  );
}
