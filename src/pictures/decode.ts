import * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { pictureFiles } from './files.js';
import { fitPicture } from './fit.js';
import type { Picture } from './types.js';

const CHANNELS = 3;

/**
 * A picture at the size that a model takes, `[1, height, width, 3]`, red, green and blue from 0 to 255.
 *
 * @returns a tensor, the caller's to dispose
 * @throws ArgumentError where it is no picture, or a path in a browser; PictureError where a file can't be decoded
 */
export async function decodePicture(picture: Picture, size: InputSize): Promise<tf.Tensor4D> {
  if (
    typeof picture !== 'string' &&
    !(picture instanceof URL) &&
    !(picture instanceof Uint8Array)
  ) {
    return tf.tidy(() => fitPicture(picture, size));
  }
  const expected = 'an image, a canvas, a video or a tensor';
  const pixels = await pictureFiles.require('picture', expected, picture).decode(picture, size);
  return tf.tensor4d(Float32Array.from(pixels), [1, ...size, CHANNELS]);
}
