import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import type { Pictures } from '../pictures/types.js';
import type { LabelReview, ReviewOptions } from './review-options.js';

/**
 * Finds pictures whose label is probably wrong, by confident learning on cross-validated probabilities of a pooled head. The
 * pictures of `train` and `val` are reviewed together. Pictures with several labels can't be reviewed.
 *
 * @example const { suspicious } = await reviewLabels(backbone, 'photos')
 * @param backbone remains the caller's
 * @throws ArgumentError if the pictures or an option are invalid, before anything is computed, or if each class has a single
 *   picture; PictureError if no picture of a class can be decoded; the signal's reason if it aborts
 */
export async function reviewLabels(
  backbone: Backbone,
  pictures: Pictures,
  options: ReviewOptions = {},
): Promise<LabelReview> {
  requireBackbone(backbone);
  // Imported on demand: a page downloads this code when it reviews labels.
  const { readForReview, reviewOn } = await import('./review.js');
  return reviewOn({ backbone, set: await readForReview(pictures, options) }, options);
}
