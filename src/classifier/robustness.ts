import { reject, requireKnown } from '../errors.js';
import type { Robustness } from '../explain/robustness.js';
import { type RobustnessOptions, shiftRobustness } from '../explain/translation.js';
import { readPart } from '../pictures/read.js';
import type { PassOptions } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import type { Classifier } from './types.js';

/** Which shifts are measured, and how pictures are gone through. */
export interface TranslationOptions extends RobustnessOptions, Omit<PassOptions, 'seed'> {}

/**
 * How far a classifier holds when pictures are shifted: what pooling is to give, and a flattened map to
 * lack. The edge of an image is repeated into what becomes free.
 *
 * Each batch is asked for once and goes through all shifts before the next, so that memory doesn't grow with
 * the pictures. A model with an output for each position, `[n, h, w, k]`, has them averaged.
 *
 * @throws ArgumentError where classifier, options or a batch don't fit; PictureError where no file can be decoded
 */
export async function translationRobustness(
  classifier: Classifier,
  pictures: Pictures,
  options: TranslationOptions = {},
): Promise<Robustness> {
  if (typeof (classifier as Partial<Classifier> | null)?.classify !== 'function') {
    reject('classifier', 'what loadClassifier() or trainClassifier() gives', classifier);
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
  return shiftRobustness(classifier.model, part.batches(classifier, options), options);
}
