import type { Robustness } from '../explain/robustness.js';
import type { Pictures } from '../pictures/types.js';
import type { TranslationOptions } from './shifted-pictures.js';
import type { Classifier } from './types.js';

/**
 * Measures a classifier's accuracy on shifted pictures, which pooling should keep and a flattened head should lose. Pixels that a
 * shift uncovers repeat the image's edge.
 *
 * Each batch is read once and goes through all shifts before the next, so memory use doesn't grow with the number of pictures.
 * Outputs per position, `[n, h, w, k]`, are averaged.
 *
 * @throws ArgumentError if the classifier, an option or a batch is invalid; PictureError if no file can be decoded
 */
export async function translationRobustness(
  classifier: Classifier,
  pictures: Pictures,
  options: TranslationOptions = {},
): Promise<Robustness> {
  // On demand: few pages measure it.
  return (await import('./shifted-pictures.js')).robustnessOf(classifier, pictures, options);
}
