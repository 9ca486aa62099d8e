import * as tf from '@tensorflow/tfjs';
import { reject, requireOneOf } from '../errors.js';

/**
 * How pixels are scaled before they enter a model. It depends on the weights, not on the architecture.
 *
 * - `'caffe'` (Keras's ResNet v1): blue, green, red, from 0 to 255, minus ImageNet's means
 * - `'torch'` (torchvision, timm): from 0 to 1, minus ImageNet's means, divided by its standard deviations
 * - `'tf'` (MobileNet, Xception): from −1 to 1
 * - `'none'` (models that scale by themselves, such as Keras's EfficientNet): from 0 to 255
 */
export type Preprocessing = 'caffe' | 'torch' | 'tf' | 'none';

export const PREPROCESSINGS: readonly Preprocessing[] = ['caffe', 'torch', 'tf', 'none'];

/** Blue, green, red, from `keras.applications.imagenet_utils`. */
export const CAFFE_MEAN = [103.939, 116.779, 123.68];
/** Red, green, blue, for pixels from 0 to 1, from torchvision's transforms for ImageNet. */
export const TORCH_MEAN = [0.485, 0.456, 0.406];
export const TORCH_DEVIATION = [0.229, 0.224, 0.225];
export const MAX_PIXEL = 255;

/**
 * Scales images as a model's weights expect them.
 *
 * @param images `[…, 3]`, red, green and blue from 0 to 255
 * @returns a new tensor of the same shape, which the caller disposes
 * @throws ArgumentError if the last axis doesn't have three channels, or the mode is unknown
 */
export function preprocess<T extends tf.Tensor>(images: T, mode: Preprocessing): T {
  requireOneOf('mode', mode, PREPROCESSINGS);
  const { shape } = images;
  if (shape.at(-1) !== 3) {
    reject('images', 'three channels (RGB) on the last axis', shape, 'drop an alpha channel');
  }
  return tf.tidy((): tf.Tensor => {
    const pixels = images.toFloat();
    switch (mode) {
      case 'caffe':
        return pixels.reverse(shape.length - 1).sub(tf.tensor1d(CAFFE_MEAN));
      case 'torch':
        return pixels.div(MAX_PIXEL).sub(tf.tensor1d(TORCH_MEAN)).div(tf.tensor1d(TORCH_DEVIATION));
      case 'tf':
        return pixels.div(MAX_PIXEL / 2).sub(1);
      case 'none':
        return pixels.clone();
    }
  }) as T;
}
