import type * as tf from '@tensorflow/tfjs';
import { classesIn, type LabelSet } from '../label-sets.js';
import { countClasses } from '../model/scores.js';
import type { PartBatch } from '../pictures/set.js';
import { scored } from './scored.js';
import { byImage, chooseThresholds } from '../train/thresholds.js';

/** Chooses a threshold for each class on validation pictures, whose images are disposed. */
export async function chooseThresholdsOn(
  model: tf.LayersModel,
  batches: AsyncIterable<PartBatch>,
): Promise<number[]> {
  const classes = countClasses(model);
  const [truth, probabilities]: [LabelSet[], number[][]] = [[], []];
  const run = (images: tf.Tensor4D) => Promise.resolve(model.predictOnBatch(images) as tf.Tensor);
  for await (const { scores, labels, labelSets } of scored(model, run, batches)) {
    probabilities.push(...byImage(scores, classes));
    truth.push(...labels.map((label) => classesIn(label, labelSets)));
  }
  return chooseThresholds(truth, probabilities, classes);
}
