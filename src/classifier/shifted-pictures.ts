import type * as tf from '@tensorflow/tfjs';
import { reject, requireKnown } from '../errors.js';
import type { Robustness } from '../explain/robustness.js';
import { type RobustnessOptions, shiftRobustness } from '../explain/translation.js';
import { onnxOf } from '../onnx/base.js';
import { readPart } from '../pictures/read.js';
import type { PassOptions } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import type { Classifier } from './types.js';

/** Options of `translationRobustness`: the shifts, and how pictures are read. */
export interface TranslationOptions
  extends RobustnessOptions, Omit<PassOptions, 'seed' | 'views'> {}

/** Implements `translationRobustness`. */
export async function robustnessOf(
  classifier: Classifier,
  pictures: Pictures,
  options: TranslationOptions,
): Promise<Robustness> {
  if (typeof (classifier as Partial<Classifier> | null)?.classify !== 'function') {
    reject('classifier', 'one from loadClassifier() or trainClassifier()', classifier);
  }
  if (classifier.thresholds !== undefined) {
    const remedy = 'accuracy is measured for one class per picture only';
    reject('classifier', 'one without thresholds', classifier.thresholds, remedy);
  }
  requireKnown('options', options, {
    shifts: true,
    axis: true,
    batchSize: true,
    strict: true,
    signal: true,
    onWarning: true,
  });
  const { part } = await readPart(pictures, classifier.classes);
  const { model, inputSize } = classifier;
  if (onnxOf(model) === undefined) {
    return shiftRobustness(model, part.batches(classifier, options), options);
  }
  const { startScorer } = await import('./scorer.js');
  const scorer = await startScorer(model, classifier, undefined);
  try {
    // Pixels, which the scorer scales after they have been shifted.
    const pixels = part.batches({ inputSize, preprocessing: 'none' }, options);
    const toScores = async (images: tf.Tensor4D) => (await scorer.run(images)).scores;
    return await shiftRobustness(model, pixels, options, toScores);
  } finally {
    await scorer.dispose();
  }
}
