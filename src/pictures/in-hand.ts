import * as tf from '@tensorflow/tfjs';
import { preprocess } from '../base/preprocess.js';
import { requirePositiveInteger } from '../errors.js';
import { shuffled } from '../random.js';
import { fitPicture } from './fit.js';
import { partOfBatches } from './batches.js';
import type { ImageFormat, Part, PartBatch, PassOptions } from './set.js';
import type { PixelSource } from './types.js';

const DEFAULT_BATCH_SIZE = 16;

/** A picture that is decoded already, with its class as an index. */
export interface LabelledPixels {
  readonly picture: PixelSource;
  readonly label: number;
}

function* batchesOf(
  pictures: readonly LabelledPixels[],
  { inputSize, preprocessing }: ImageFormat,
  { batchSize = DEFAULT_BATCH_SIZE, seed }: PassOptions,
): Generator<PartBatch, void, undefined> {
  requirePositiveInteger('batchSize', batchSize);
  const order = seed === undefined ? [...pictures.keys()] : shuffled(pictures.length, seed);
  for (let from = 0; from < pictures.length; from += batchSize) {
    const batch = Array.from(order.slice(from, from + batchSize)).flatMap((i) => pictures[i] ?? []);
    const images = tf.tidy(() => {
      const fitted = batch.map(({ picture }) => fitPicture(picture, inputSize));
      return preprocess(tf.concat(fitted), preprocessing);
    });
    yield { images, labels: batch.map(({ label }) => label) };
  }
}

/** Pictures that the caller holds: their tensors stay the caller's. */
export const partInHand = (pictures: readonly LabelledPixels[]): Part =>
  partOfBatches((format, options) => batchesOf(pictures, format, options), {
    count: pictures.length,
    isRepeatable: true,
  });
