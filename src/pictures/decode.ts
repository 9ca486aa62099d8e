import * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { ArgumentError } from '../errors.js';
import { pictureFiles } from './files.js';
import { fitPicture } from './fit.js';
import type { Encoded, Picture } from './types.js';

const CHANNELS = 3;

/** Whether a picture has to be decoded: a path, a file's bytes or a `Blob`. */
export const isEncoded = (picture: Picture): picture is Encoded =>
  typeof picture === 'string' ||
  picture instanceof URL ||
  picture instanceof Uint8Array ||
  picture instanceof Blob;

/** Decodes with the browser. */
async function fitBlob(subject: string, blob: Blob, size: InputSize): Promise<tf.Tensor4D> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch (cause) {
    throw new ArgumentError(
      `${subject}: expected a picture that the browser can decode, got ${blob.type || 'other bytes'}`,
      { cause },
    );
  }
  try {
    return tf.tidy(() => fitPicture(bitmap, size, subject));
  } finally {
    bitmap.close();
  }
}

/**
 * Decodes a picture to the size that a model takes: `[1, height, width, 3]`, RGB from 0 to 255.
 *
 * @param subject what error messages call it
 * @returns a tensor, which the caller disposes
 * @throws ArgumentError if it isn't a picture, or is a path in a browser; PictureError if a file can't be decoded
 */
export async function decodePicture(
  picture: Picture,
  size: InputSize,
  subject = 'picture',
): Promise<tf.Tensor4D> {
  if (!isEncoded(picture)) return tf.tidy(() => fitPicture(picture, size, subject));
  const node = pictureFiles.get();
  if (picture instanceof Blob && node === undefined) return fitBlob(subject, picture, size);
  const files =
    node ??
    pictureFiles.require(subject, 'an image, a canvas, a video, a Blob or a tensor', picture);
  const source = picture instanceof Blob ? new Uint8Array(await picture.arrayBuffer()) : picture;
  const pixels = await files.decode(source, size);
  return tf.tensor4d(Float32Array.from(pixels), [1, ...size, CHANNELS]);
}
