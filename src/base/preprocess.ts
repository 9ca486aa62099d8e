import * as tf from '@tensorflow/tfjs';
import { reject, requireOneOf } from '../errors.js';

/**
 * How pixels are scaled for a set of weights; it belongs to the weights, not to the architecture.
 *
 * - `'caffe'`, Keras's ResNet v1: blue, green, red, minus ImageNet's mean of each
 * - `'torch'`, torchvision and timm: 0 to 1, minus ImageNet's mean, over its deviation
 * - `'tf'`, MobileNet and Xception: −1 to 1
 * - `'none'`, models that scale by themselves, such as Keras's EfficientNet: 0 to 255
 */
export type Preprocessing = 'caffe' | 'torch' | 'tf' | 'none';

export const PREPROCESSINGS: readonly Preprocessing[] = ['caffe', 'torch', 'tf', 'none'];

/** `keras.applications.imagenet_utils`, in the order blue, green, red. */
export const CAFFE_MEAN = [103.939, 116.779, 123.68];
/** `torchvision.transforms` for ImageNet, red, green, blue, of pixels from 0 to 1. */
export const TORCH_MEAN = [0.485, 0.456, 0.406];
export const TORCH_DEVIATION = [0.229, 0.224, 0.225];
export const MAX_PIXEL = 255;

/**
 * Scales pictures as the weights expect them: `[…, 3]`, red, green and blue from 0 to 255, to the same
 * shape.
 *
 * @returns a new tensor, yours to dispose
 * @throws ArgumentError where the last axis isn't three channels, or there is no such mode
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
