import * as tf from '@tensorflow/tfjs';
import { type Features, isStored, type StoredFeatures } from './features.js';

/** Features of which some images can be taken. */
export type Takeable = Pick<Features, 'values'> | Pick<StoredFeatures, 'read'>;

/** Copies the features of some images, by index and in this order. The caller disposes the copy. */
export async function takeFrom(features: Takeable, images: Int32Array): Promise<tf.Tensor> {
  if (isStored(features)) return features.read(images);
  const { values } = features as Pick<Features, 'values'>;
  return tf.tidy(() => tf.gather(values, tf.tensor1d(images, 'int32')));
}

/** Disposes features that are in memory. */
export function disposeFeatures(features: Features | StoredFeatures): void {
  if (!isStored(features)) features.values.dispose();
}
