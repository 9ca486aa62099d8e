import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, show } from '../errors.js';
import type { PixelSource } from './types.js';

/** The largest central area of an image with the aspect ratio of a size; the crop of all pictures that a model sees. */
export function centreOf(
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
): {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
} {
  const scale = Math.max(height / h, width / w);
  // At least one pixel: a small image and a wide input would give 0.
  const crop = (size: number) => Math.max(1, Math.round(size / scale));
  const [cropHeight, cropWidth] = [crop(height), crop(width)];
  return {
    top: Math.floor((h - cropHeight) / 2),
    left: Math.floor((w - cropWidth) / 2),
    ...{ height: cropHeight, width: cropWidth },
  };
}

/** Crops pictures to the largest central area of the right aspect ratio and resizes it, as is done with files. */
export function fitImages(
  images: tf.Tensor4D,
  [height, width]: readonly [number, number],
): tf.Tensor4D {
  const [count, h, w] = images.shape;
  if (h === height && w === width) return images.toFloat();
  const seen = centreOf([h, w], [height, width]);
  const middle = tf.slice(images, [0, seen.top, seen.left, 0], [count, seen.height, seen.width, 3]);
  const [alignCorners, halfPixelCenters] = [false, true];
  return tf.image.resizeBilinear(middle, [height, width], alignCorners, halfPixelCenters);
}

/** {@link fitImages} for one picture, as a batch of one. */
export const fitPicture = (
  source: PixelSource,
  size: readonly [height: number, width: number],
  subject = 'picture',
): tf.Tensor4D => fitImages(toPixels(source, subject).expandDims(0), size);

/** Reads pixels with TensorFlow.js; JavaScript callers can pass anything. */
function pixelsOf(source: Exclude<PixelSource, tf.Tensor3D>, subject: string): tf.Tensor3D {
  try {
    return tf.browser.fromPixels(source);
  } catch (cause) {
    const got = `${show(source)}: ${(cause as Error).message}`;
    throw new ArgumentError(
      `${subject}: expected an image, a canvas, a video, a Blob or a tensor [height, width, 3], got ${got}`,
      { cause },
    );
  }
}

/** Pixels of one picture, `[h, w, 3]`. */
export function toPixels(source: PixelSource, subject = 'picture'): tf.Tensor3D {
  const picture = source instanceof tf.Tensor ? source : pixelsOf(source, subject);
  const [, , channels] = picture.shape;
  // JavaScript callers can pass a tensor of any rank.
  if ((picture.shape as number[]).length !== 3 || channels !== 3) {
    reject(
      subject,
      'a tensor [height, width, 3]',
      picture.shape,
      'remove the alpha channel or the batch dimension',
    );
  }
  return picture;
}
