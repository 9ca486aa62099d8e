import * as tf from '@tensorflow/tfjs';
import { classActivationMap, type ToFeatures } from './activation-map.js';
import { overlay } from './overlay.js';

/** A class activation map: where in a picture a classifier finds evidence for a class. You dispose the tensors. */
export interface ClassMap {
  readonly className: string;
  /** Probability of the class, from 0 to 1. */
  readonly probability: number;
  /** The most probable class, which may be another one than the map's. */
  readonly likeliest: { readonly className: string; readonly probability: number };
  /**
   * `[h, w]` as the features, in units of the class's logit: evidence for the class, or against it if below zero. With a classifier
   * of each position, the class's logit there; otherwise the mean is the logit without what the head's biases add, exactly so with
   * poolings, linear layers and ReLUs.
   */
  readonly values: tf.Tensor2D;
  /** The class's logit: its score before the last activation. */
  readonly score: number;
  /**
   * What the model sees of the picture, at its input size, with the map drawn over it in colours: int32 `[height, width, 3]` from 0
   * to 255. Dark blue is the least of `values`, yellow the most.
   */
  readonly overlay: tf.Tensor3D;
}

/**
 * Computes a class activation map and draws it over the picture.
 *
 * @param picture `[1, height, width, 3]`, RGB from 0 to 255
 * @param toFeatures computes the features of the same picture
 */
export async function mapClass(
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  toFeatures: ToFeatures,
  classIndex: number,
): Promise<Pick<ClassMap, 'values' | 'score' | 'overlay'>> {
  const { values, score } = await classActivationMap(model, toFeatures, classIndex);
  try {
    const drawn = tf.tidy(() => overlay(values, picture.squeeze<tf.Tensor3D>([0])));
    return { values, score, overlay: drawn };
  } catch (error) {
    values.dispose();
    throw error;
  }
}
