import * as tf from '@tensorflow/tfjs';
import { classActivationMap } from './activation-map.js';
import { overlay } from './overlay.js';

/** Where in a picture a classifier sees a class. The tensors are the caller's to dispose. */
export interface ClassMap {
  readonly className: string;
  /** Of the class, from 0 to 1. */
  readonly probability: number;
  /**
   * `[h, w]` of the features, in units of the class's logit: how much each position speaks for the class, or below zero
   * against it.
   */
  readonly values: tf.Tensor2D;
  /** The class's logit: its score before the last activation. */
  readonly score: number;
  /** The picture as the model took it, with the map as colours over it: int32 `[height, width, 3]` from 0 to 255. */
  readonly overlay: tf.Tensor3D;
}

/**
 * @param picture `[1, height, width, 3]`, red, green and blue from 0 to 255
 * @param images the same, preprocessed
 */
export async function mapClass(
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  images: tf.Tensor4D,
  classIndex: number,
): Promise<Pick<ClassMap, 'values' | 'score' | 'overlay'>> {
  const { values, score } = await classActivationMap(model, images, classIndex);
  try {
    const drawn = tf.tidy(() => overlay(values, picture.squeeze<tf.Tensor3D>([0])));
    return { values, score, overlay: drawn };
  } catch (error) {
    values.dispose();
    throw error;
  }
}
