import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import type { Pictures } from '../pictures/types.js';
import type { TrainOptions } from './train-options.js';
import type { Classifier } from './types.js';

/**
 * Trains a head on pictures: the backbone computes their features once, and the head is trained on those.
 *
 * @example const classifier = await trainClassifier(backbone, 'photos', { head: 'pooled' })
 * @param backbone stays the caller's; the classifier needs it for as long as it is used
 * @returns a classifier, which is the caller's to dispose
 * @throws ArgumentError where pictures, head or an option are wrong, before anything is computed; PictureError where no picture
 *   of a class can be decoded; the signal's reason, where it comes before the first epoch is done
 */
export async function trainClassifier(
  backbone: Backbone,
  pictures: Pictures,
  options: TrainOptions = {},
): Promise<Classifier> {
  requireBackbone(backbone);
  // On demand: a page fetches it when it trains.
  const [{ readForTraining }, { requireTrainOptions, trainOn }] = await Promise.all([
    import('./read-for-training.js'),
    import('./train.js'),
  ]);
  requireTrainOptions(options);
  return trainOn({ backbone, set: await readForTraining(pictures, options) }, options);
}
