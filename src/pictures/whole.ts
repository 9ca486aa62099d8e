import * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { isEncoded } from './decode.js';
import { pictureFiles } from './files.js';
import { toPixels } from './fit.js';
import type { Picture } from './types.js';

/** Pixels of the longer side, at most. */
const MOST = 1024;

/** The size of a picture, reduced if its longer side is too long. */
export function boundedSize([height, width]: InputSize): InputSize {
  const scale = Math.min(1, MOST / Math.max(height, width));
  return [height, width].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
}

/**
 * Reads a picture without cropping it (Node only): `[height, width, 3]`, RGB from 0 to 255, with at most 1,024 pixels on the longer
 * side.
 *
 * @returns a tensor, which the caller disposes
 */
export async function wholePicture(picture: Picture): Promise<tf.Tensor3D> {
  if (!isEncoded(picture)) {
    return tf.tidy(() => {
      const pixels = toPixels(picture);
      const size = boundedSize([pixels.shape[0], pixels.shape[1]]);
      // Half-pixel centres, as for the model's input.
      return tf.image.resizeBilinear(pixels, [...size], false, true);
    });
  }
  const node = pictureFiles.require('out', 'none in a browser', picture);
  const source = picture instanceof Blob ? new Uint8Array(await picture.arrayBuffer()) : picture;
  const { size, pixels } = await node.decodeWhole(source, boundedSize);
  return tf.tensor3d(Float32Array.from(pixels), [...size, 3]);
}
