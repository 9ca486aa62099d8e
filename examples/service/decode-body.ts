import * as tf from '@tensorflow/tfjs';
import { decodeImage } from 'resnet-heads/node';
import { Refusal } from './refusals.js';

/**
 * Decodes the bytes of a picture as those were that the classifier learnt from.
 *
 * @returns `[height, width, 3]`; yours to dispose
 * @throws Refusal where it is no picture
 */
export async function decodeBody(
  bytes: Buffer,
  [height, width]: readonly [number, number],
): Promise<tf.Tensor3D> {
  try {
    const { pixels } = await decodeImage(bytes, { height, width });
    return tf.tensor3d(pixels, [height, width, 3], 'int32');
  } catch (error) {
    if (!(error instanceof Error && error.name === 'PictureError')) throw error;
    throw new Refusal(415, error.message.replace(/^picture/, 'body'));
  }
}
