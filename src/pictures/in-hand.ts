import * as tf from '@tensorflow/tfjs';
import { PictureError, present } from '../errors.js';
import type { LabelSet } from '../label-sets.js';
import { shuffled } from '../random.js';
import { partOfBatches } from './batches.js';
import { decodePicture } from './decode.js';
import type { ImageFormat, Part, PartBatch, PassOptions } from './set.js';
import type { Picture } from './types.js';
import { imagesOfViews } from './view-images.js';

const DEFAULT_BATCH_SIZE = 16;

/** A picture of a list, with its class as an index. */
export interface ListedPicture {
  /** What error messages call it. */
  readonly subject: string;
  readonly picture: Picture;
  /** Index into the classes; with label sets, into those. */
  readonly label: number;
}

/** Decodes and resizes a picture; undefined if it can't be decoded and isn't required. */
async function decode(
  { picture, subject }: ListedPicture,
  { inputSize }: ImageFormat,
  { strict = false, onWarning }: PassOptions,
): Promise<tf.Tensor4D | undefined> {
  try {
    return await decodePicture(picture, inputSize, subject);
  } catch (error) {
    if (strict || !(error instanceof PictureError)) throw error;
    onWarning?.(error);
    return undefined;
  }
}

async function* batchesOf(
  pictures: readonly ListedPicture[],
  labelSets: readonly LabelSet[] | undefined,
  format: ImageFormat,
  options: PassOptions,
  onDecoded?: (index: number) => void,
): AsyncGenerator<PartBatch, void, undefined> {
  const { batchSize = DEFAULT_BATCH_SIZE, seed, signal } = options;
  let count = 0;
  const order = seed === undefined ? [...pictures.keys()] : shuffled(pictures.length, seed);
  for (let from = 0; from < pictures.length; from += batchSize) {
    signal?.throwIfAborted();
    const fitted: tf.Tensor4D[] = [];
    const labels: number[] = [];
    try {
      for (const i of order.slice(from, from + batchSize)) {
        const listed = present(pictures[i], 'picture');
        const pixels = await decode(listed, format, options);
        if (pixels === undefined) continue;
        fitted.push(pixels);
        labels.push(listed.label);
        onDecoded?.(i);
        count++;
      }
      if (fitted.length === 0) continue;
      const pixels = tf.concat(fitted);
      fitted.push(pixels);
      for await (const images of imagesOfViews(pixels, options.views, format.preprocessing)) {
        yield { images, labels, labelSets };
      }
    } finally {
      tf.dispose(fitted);
    }
  }
  if (count > 0) return;
  throw new PictureError(
    `pictures: expected pictures that can be decoded, got none among ${pictures.length}`,
  );
}

/** A part made from a list of pictures, whose tensors remain the caller's. */
export function partInHand(
  pictures: readonly ListedPicture[],
  labelSets?: readonly LabelSet[],
): Part {
  const part = (onDecoded?: (index: number) => void) =>
    partOfBatches((format, options) => batchesOf(pictures, labelSets, format, options, onDecoded), {
      count: pictures.length,
      isRepeatable: true,
      objects: pictures.map(({ picture }) => picture),
    });
  return {
    ...part(),
    async features(backbone, options) {
      const indices: number[] = [];
      const features = await part((index) => indices.push(index)).features(backbone, options);
      return { ...features, indices };
    },
  };
}
