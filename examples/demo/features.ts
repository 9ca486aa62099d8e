import * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from 'resnet-heads';
import { batches } from './batches.js';
import type { Picture } from './pictures.js';

/** A set of pictures as the base sees them. */
export interface Features {
  /** `[pictures, height, width, channels]`. */
  readonly values: tf.Tensor4D;
  readonly labels: readonly number[];
}

/**
 * What a frozen base makes of each picture, computed once: it doesn't change while a head learns.
 *
 * @param progress called with the number of pictures done since it was called last
 */
export async function computeFeatures(
  base: tf.LayersModel,
  pictures: readonly Picture[],
  inputShape: readonly number[],
  scaling: Preprocessing,
  progress: (pictures: number) => void,
): Promise<Features> {
  const parts: tf.Tensor4D[] = [];
  const labels: number[] = [];
  for await (const batch of batches(pictures, inputShape, scaling)) {
    parts.push(base.predictOnBatch(batch.images) as tf.Tensor4D);
    labels.push(...batch.labels);
    batch.images.dispose();
    progress(batch.labels.length);
  }
  const values = tf.concat(parts);
  tf.dispose(parts);
  return { values, labels };
}
