import type * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import type { Space } from './familiarity.js';
import { describe, distancesTo } from './space.js';
import { featureViewOf } from './view.js';

/** A model's scores of images, and the distances of their features to the nearest class, from one pass. */
export function scoresAndDistances(
  model: tf.LayersModel,
  space: Space,
  images: tf.Tensor,
): readonly [tf.Tensor, tf.Tensor1D] {
  const view = present(featureViewOf(model), 'end of the backbone');
  const [scores, features] = view.model.predict(images) as [tf.Tensor, tf.Tensor];
  return [scores, distancesTo(space, describe(features, view.channels))];
}
