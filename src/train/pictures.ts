import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, preprocess } from '../base/preprocess.js';
import { reject, requireLabels, requireOptions, requirePositiveInteger } from '../errors.js';
import type { LabelledBatch } from './features.js';

/** A picture: RGB from 0 to 255 as a tensor `[h, w, 3]`, or whatever `tf.browser.fromPixels` takes. */
export type PictureSource = tf.Tensor3D | Parameters<typeof tf.browser.fromPixels>[0];

/** Brings a picture to a size: its middle, as large as fits, as training pictures were cut. */
export function fitPicture(
  source: PictureSource,
  [height, width]: readonly [number, number],
): tf.Tensor4D {
  const picture = toPicture(source);
  const [h, w] = picture.shape;
  const scale = Math.max(height / h, width / w);
  const [cropHeight, cropWidth] = [height / scale, width / scale].map(Math.round) as [
    number,
    number,
  ];
  const from = [Math.floor((h - cropHeight) / 2), Math.floor((w - cropWidth) / 2), 0];
  const middle = tf.slice(picture, from, [cropHeight, cropWidth, 3]);
  const [alignCorners, halfPixelCenters] = [false, true];
  return tf.image
    .resizeBilinear(middle, [height, width], alignCorners, halfPixelCenters)
    .expandDims(0);
}

function toPicture(source: PictureSource): tf.Tensor3D {
  const picture = source instanceof tf.Tensor ? source : tf.browser.fromPixels(source);
  const [, , channels] = picture.shape;
  // JavaScript callers can hand in a tensor of any rank.
  if ((picture.shape as number[]).length !== 3 || channels !== 3) {
    reject(
      'picture',
      'a tensor [height, width, 3]',
      picture.shape,
      'drop an alpha channel, or a batch of one',
    );
  }
  return picture;
}

/** A picture, and its class, counted from 0. */
export interface LabelledPicture {
  readonly picture: PictureSource;
  readonly label: number;
}

export interface PictureBatchOptions {
  /** Height and width that the base wants. */
  readonly inputSize: readonly [height: number, width: number];
  /** How it wants its pixels. */
  readonly preprocessing: Preprocessing;
  /** @default 32 */
  readonly batchSize?: number;
}

/**
 * Pictures of any size in batches that a base can be run on: their middle, at the base's size and scale. For
 * `extractFeatures` and `fineTune`, which dispose each batch once they have used it.
 *
 * @param pictures tensors stay yours
 * @throws ArgumentError where one is no picture
 */
export function* pictureBatches(
  pictures: readonly LabelledPicture[],
  options: PictureBatchOptions,
): Generator<LabelledBatch, void, undefined> {
  requireOptions('options', options);
  const { inputSize, preprocessing, batchSize = 32 } = options;
  requirePositiveInteger('batchSize', batchSize);
  requireLabels(
    'pictures.label',
    pictures.map(({ label }) => label),
  );
  for (let from = 0; from < pictures.length; from += batchSize) {
    const batch = pictures.slice(from, from + batchSize);
    const images = tf.tidy(() => {
      const fitted = batch.map(({ picture }) => fitPicture(picture, inputSize));
      return preprocess(tf.concat(fitted), preprocessing);
    });
    yield { images, labels: batch.map(({ label }) => label) };
  }
}
