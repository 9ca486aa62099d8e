import * as tf from '@tensorflow/tfjs';
import { classesIn, type LabelSet } from '../label-sets.js';
import { countClasses, imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import type { PartBatch } from '../pictures/set.js';
import { byImage, chooseThresholds } from '../train/thresholds.js';

/** Chooses a threshold for each class on validation pictures, whose images are disposed. */
export async function chooseThresholdsOn(
  model: tf.LayersModel,
  batches: AsyncIterable<PartBatch>,
): Promise<number[]> {
  const [classes, kind] = [countClasses(model), scoreKindOf('model', model)];
  const [truth, probabilities]: [LabelSet[], number[][]] = [[], []];
  for await (const { images, labels, labelSets } of batches) {
    let scores: tf.Tensor2D;
    try {
      scores = tf.tidy(() => imageProbabilities(model.predictOnBatch(images) as tf.Tensor, kind));
    } finally {
      images.dispose();
    }
    probabilities.push(...byImage(await readScores(scores), classes));
    truth.push(...labels.map((label) => classesIn(label, labelSets)));
  }
  return chooseThresholds(truth, probabilities, classes);
}
