import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import type { Pictures } from '../pictures/types.js';
import type { TrainOptions } from './train-options.js';
import type { Classifier } from './types.js';

/**
 * Trains a classifier on pictures: the backbone computes their features once, and a head is trained on those.
 *
 * @example const classifier = await trainClassifier(backbone, 'photos', { head: 'pooled' })
 * @param backbone remains the caller's; keep it as long as the classifier is used
 * @param pictures or their features, from {@link openFeatures}, which the same backbone computed; they are read when they are needed
 * @returns a classifier, which the caller disposes
 * @throws ArgumentError if the pictures, the head or an option are invalid, before anything is computed; PictureError if no
 *   picture of a class can be decoded; the signal's reason if it aborts before the first epoch is done
 */
export async function trainClassifier(
  backbone: Backbone,
  pictures: Pictures | FeatureFiles,
  options: TrainOptions = {},
): Promise<Classifier> {
  requireBackbone(backbone);
  // Imported on demand: a page downloads this code when it trains.
  const [{ readLesson }, { requireTrainOptions, trainOn }] = await Promise.all([
    import('./lesson.js'),
    import('./train.js'),
  ]);
  requireTrainOptions(options);
  return trainOn(await readLesson(backbone, pictures, options), options);
}
