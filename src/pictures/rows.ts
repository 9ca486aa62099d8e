import type * as tf from '@tensorflow/tfjs';
import type { Engine } from '../engine/engine.js';
import type { Shape } from '../layers/factory.js';
import { hashModel } from '../weights/hash-model.js';
import type { FeatureOptions, ImageFormat } from './set.js';

/** What is computed for each image of picture files. */
export interface Extraction {
  readonly inputSize: readonly [height: number, width: number];
  /** Shape of the values of one image. */
  readonly shape: Shape;
  /** Whatever determines the values beside the image and their shape; asked only for a cache. */
  readonly key: () => Promise<readonly string[]>;
  /** Starts what computes them; not called if all values are cached. */
  readonly start: () => Promise<Engine>;
}

/**
 * The key of features in the cache, beside their shape: training and classifying read each other's.
 *
 * @param backbone its hash
 * @param reduction what reduces the backbone's features, if anything does
 */
export const featureKey = async (
  backbone: string,
  { preprocessing, inputSize }: ImageFormat,
  reduction: tf.LayersModel | undefined,
): Promise<readonly string[]> => [
  ...[backbone, preprocessing, inputSize.join()],
  reduction === undefined ? '' : await hashModel(reduction),
];

export type RowOptions = Omit<FeatureOptions, 'head' | 'engine'>;
