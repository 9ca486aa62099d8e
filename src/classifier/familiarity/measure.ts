import type * as tf from '@tensorflow/tfjs';
import type { Space } from './familiarity.js';
import { describe, distancesTo } from './space.js';

/** Distances of features to the nearest class. */
export const distancesOf = (features: tf.Tensor, channels: number, space: Space): tf.Tensor1D =>
  distancesTo(space, describe(features, channels));
