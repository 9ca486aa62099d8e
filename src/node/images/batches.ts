import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { reject, requireOptions, requirePositiveInteger } from '../../errors.js';
import { type DecodedImage, decodeImage, type ImageSize } from './decode.js';
import { ImageError } from './errors.js';
import { type FolderImage, requireImages } from './folder.js';

export interface ImageBatchOptions extends ImageSize {
  /** @default 32 */
  readonly batchSize?: number;
  /** Whether a picture that can't be decoded is thrown, rather than skipped. @default false */
  readonly strict?: boolean;
  /** Told of each picture that is skipped, in the order of the list. What it throws ends the batches. */
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  readonly signal?: AbortSignal;
}

export interface ImageBatch<T extends FolderImage = FolderImage> {
  /** `[batch, height, width, 3]`, float32: red, green and blue from 0 to 255. Yours to dispose. */
  readonly pixels: tf.Tensor4D;
  /** What the rows of `pixels` are. */
  readonly images: readonly T[];
  /** Of each file's bytes, in hexadecimal. */
  readonly sha256: readonly string[];
}

const CHANNELS = 3;

interface Decoded<T> extends DecodedImage {
  readonly image: T;
}

/** How decoding a file ended. A failure is kept, not thrown: nobody may be there yet to catch it. */
type Outcome<T> = Decoded<T> | { readonly image: T; readonly error: unknown };

/** Decodes files at once, as many as there are cores, until told to stop; in the order of the list. */
async function decodeAll<T extends FolderImage>(
  images: readonly T[],
  size: ImageSize,
  isStopped: () => boolean,
): Promise<readonly Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  const queue = images.entries();
  const work = async () => {
    for (const [i, image] of queue) {
      if (isStopped()) return;
      outcomes[i] = await decodeImage(image.path, size).then(
        (decoded) => ({ ...decoded, image }),
        (error: unknown) => ({ image, error }),
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return outcomes;
}

function toBatch<T extends FolderImage>(
  decoded: readonly Decoded<T>[],
  { height, width }: ImageSize,
): ImageBatch<T> {
  const length = height * width * CHANNELS;
  const values = new Float32Array(decoded.length * length);
  for (const [i, { pixels }] of decoded.entries()) values.set(pixels, i * length);
  return {
    pixels: tf.tensor4d(values, [decoded.length, height, width, CHANNELS]),
    images: decoded.map(({ image }) => image),
    sha256: decoded.map(({ sha256 }) => sha256),
  };
}

/** Of what was decoded, the pictures; what failed is told, or thrown. */
function sift<T extends FolderImage>(
  outcomes: readonly Outcome<T>[],
  { strict = false, onSkip }: ImageBatchOptions,
): Decoded<T>[] {
  return outcomes.flatMap((outcome) => {
    if (!('error' in outcome)) return [outcome];
    const { error, image } = outcome;
    if (strict || !(error instanceof ImageError)) throw error;
    onSkip?.(error, image);
    return [];
  });
}

async function* generate<T extends FolderImage>(
  images: readonly T[],
  batchSize: number,
  options: ImageBatchOptions,
): AsyncGenerator<ImageBatch<T>, void, undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  let stopped = false;
  const isStopped = () => stopped || signal?.aborted === true;
  const read = (start: number) =>
    decodeAll(images.slice(start, start + batchSize), options, isStopped);

  let ahead = read(0);
  /** Fewer than a batch, where pictures before were skipped. */
  const ready: Decoded<T>[] = [];
  try {
    for (let start = 0; start < images.length; start += batchSize) {
      const outcomes = await ahead;
      signal?.throwIfAborted();
      ready.push(...sift(outcomes, options));
      ahead = read(start + batchSize);
      if (ready.length >= batchSize) yield toBatch(ready.splice(0, batchSize), options);
    }
    signal?.throwIfAborted();
    if (ready.length > 0) yield toBatch(ready, options);
  } finally {
    // When the batches have ended, so has all that they started. What is ahead never rejects.
    stopped = true;
    await ahead;
  }
}

/**
 * Decodes pictures a batch at a time, in the order of the list, and the next ones while you work on these:
 * memory holds a few batches at most, however long the list is. Every batch but the last is full; a
 * picture that can't be decoded is skipped and the next one takes its place, unless `strict`.
 *
 * What ends a `for await` early, such as `break`, also ends what runs ahead. The tensors are made when
 * their batch is asked for, so that none is left over.
 *
 * @throws ArgumentError on a wrong argument, at once
 * @throws ImageError while iterating, of the first picture that can't be decoded, where `strict`
 * @throws the signal's reason, while iterating
 */
export function imageBatches<T extends FolderImage>(
  images: readonly T[],
  options: ImageBatchOptions,
): AsyncGenerator<ImageBatch<T>, void, undefined> {
  requireImages(images);
  requireOptions('options', options);
  const { height, width, batchSize = 32, onSkip } = options;
  requirePositiveInteger('height', height);
  requirePositiveInteger('width', width);
  requirePositiveInteger('batchSize', batchSize);
  if (onSkip !== undefined && typeof onSkip !== 'function') {
    reject('onSkip', 'a function of an error and an image', onSkip);
  }
  return generate([...images], batchSize, options);
}
