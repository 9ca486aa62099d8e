import * as tf from '@tensorflow/tfjs';
import { PictureError, requirePositiveInteger } from '../../errors.js';
import type { PassOptions } from '../../pictures/set.js';
import { forEach } from './at-once.js';
import type { DecodedImage, ImageSize, OpenedImage } from './decode.js';
import { isRemote, openFile, type PictureFile } from './picture-file.js';

/** `onWarning` is called for each skipped picture, in the order of the list; if it throws, the batches end. */
export type ImageBatchOptions = ImageSize & Omit<PassOptions, 'seed' | 'views'>;

export interface ImageBatch<T extends PictureFile = PictureFile> {
  /** `[batch, height, width, 3]`, float32, RGB from 0 to 255. The caller disposes it. */
  readonly pixels: tf.Tensor4D;
  /** The pictures in the rows of `pixels`. */
  readonly images: readonly T[];
  /** SHA-256 of each file's bytes in hexadecimal. */
  readonly sha256: readonly string[];
}

const CHANNELS = 3;

/** From 8 to 32, a ResNet-50 under tfjs-node takes the same time per picture (docs/benchmarks.md). */
export const DEFAULT_BATCH_SIZE = 16;

/** Pictures that start decoding together. Stopping waits for these, so their number bounds that wait. */
const DECODED_AT_ONCE = 16;

/** Pictures on the network are read together: waiting for them takes no core. */
const READ_AT_ONCE = 16;

/** Limit for files that are read but not decoded yet: sixteen photographs from a phone. */
const MAX_HELD_BYTES = 2 ** 26;

interface Decoded<T> extends DecodedImage {
  readonly image: T;
}

/** The result of decoding a file. Errors are kept rather than thrown, as nobody may be there yet to catch them. */
type Outcome<T> = Decoded<T> | { readonly image: T; readonly error: unknown };

/** A file that was opened, or the error. */
type Opening<T> = { readonly image: T; readonly opened: OpenedImage } | Outcome<T>;

const decoded = <T>(image: T, decoding: Promise<DecodedImage>): Promise<Outcome<T>> =>
  decoding.then(
    (pixels) => ({ ...pixels, image }),
    (error: unknown) => ({ image, error }),
  );

const decodeFile = async (file: PictureFile, options: ImageBatchOptions): Promise<DecodedImage> =>
  (await openFile(file, options.signal)).decode(options);

/** Opens the first pictures of a batch. */
async function openFirst<T extends PictureFile>(
  images: readonly T[],
  isStopped: () => boolean,
): Promise<readonly Opening<T>[]> {
  let held = 0;
  const enough = () => isStopped() || held > MAX_HELD_BYTES;
  return forEach(images.slice(0, DECODED_AT_ONCE), enough, (image) =>
    openFile(image).then(
      (opened) => {
        held += opened.byteLength;
        return { image, opened };
      },
      (error: unknown) => ({ image, error }),
    ),
  );
}

/**
 * Starts decoding a batch. Opening a file needs this thread, decoding doesn't: once this has resolved, other threads decode the
 * first pictures even while a model's call blocks this one. Pictures on the network aren't waited for.
 *
 * @returns the results, in the order of the list; this promise never rejects
 */
async function beginBatch<T extends PictureFile>(
  images: readonly T[],
  options: ImageBatchOptions,
  isStopped: () => boolean,
): Promise<{ readonly outcomes: Promise<readonly Outcome<T>[]> }> {
  const atOnce = images.some(isRemote) ? READ_AT_ONCE : undefined;
  const openings = atOnce === undefined ? await openFirst(images, isStopped) : [];
  const first = Promise.all(
    openings.map((each) =>
      'opened' in each ? decoded(each.image, each.opened.decode(options)) : Promise.resolve(each),
    ),
  );
  const rest = images.slice(openings.length);
  const outcomes = first.then(async (done) => [
    ...done,
    ...(await forEach(
      rest,
      isStopped,
      (image) => decoded(image, decodeFile(image, options)),
      atOnce,
    )),
  ]);
  return { outcomes };
}

/** An {@link ImageBatch} as bytes. */
export interface ByteBatch<T extends PictureFile = PictureFile> {
  /** `[batch, height, width, 3]`, RGB from 0 to 255. */
  readonly bytes: Uint8Array;
  readonly images: readonly T[];
  readonly sha256: readonly string[];
}

function toBatch<T extends PictureFile>(
  decoded: readonly Decoded<T>[],
  { height, width }: ImageSize,
): ByteBatch<T> {
  const length = height * width * CHANNELS;
  const bytes = new Uint8Array(decoded.length * length);
  for (const [i, { pixels }] of decoded.entries()) bytes.set(pixels, i * length);
  return {
    bytes,
    images: decoded.map(({ image }) => image),
    sha256: decoded.map(({ sha256 }) => sha256),
  };
}

/** Returns the decoded pictures; errors are reported to `onWarning` or thrown. */
function sift<T extends PictureFile>(
  outcomes: readonly Outcome<T>[],
  { strict = false, onWarning }: ImageBatchOptions,
): Decoded<T>[] {
  return outcomes.flatMap((outcome) => {
    if (!('error' in outcome)) return [outcome];
    const { error } = outcome;
    if (strict || !(error instanceof PictureError)) throw error;
    onWarning?.(error);
    return [];
  });
}

/** Pictures' files, in order. */
type FileSequence<T> = Iterable<T> | AsyncIterable<T>;

async function* inGroups<T>(
  all: FileSequence<T>,
  size: number,
): AsyncGenerator<readonly T[], undefined, undefined> {
  let group: T[] = [];
  for await (const each of all) {
    group.push(each);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

async function* generate<T extends PictureFile>(
  images: FileSequence<T>,
  batchSize: number,
  options: ImageBatchOptions,
): AsyncGenerator<ByteBatch<T>, void, undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  let stopped = false;
  const isStopped = () => stopped || signal?.aborted === true;
  const groups = inGroups(images, batchSize);
  const begin = async () => {
    const { value: files } = await groups.next();
    return files && (await beginBatch(files, options, isStopped));
  };

  let ahead = await begin();
  /** Fewer than a batch, if earlier pictures were skipped. */
  const ready: Decoded<T>[] = [];
  try {
    while (ahead !== undefined) {
      const outcomes = await ahead.outcomes;
      signal?.throwIfAborted();
      ready.push(...sift(outcomes, options));
      ahead = await begin();
      if (ready.length >= batchSize) yield toBatch(ready.splice(0, batchSize), options);
    }
    signal?.throwIfAborted();
    if (ready.length > 0) yield toBatch(ready, options);
  } finally {
    // Waits for everything that was started; `ahead` never rejects.
    stopped = true;
    await ahead?.outcomes;
    await groups.return(undefined);
  }
}

/**
 * {@link imageBatches} as bytes, for engines that don't use tensors.
 *
 * @throws as {@link imageBatches}
 */
export function byteBatches<T extends PictureFile>(
  images: FileSequence<T>,
  options: ImageBatchOptions,
): AsyncGenerator<ByteBatch<T>, void, undefined> {
  const { height, width, batchSize = DEFAULT_BATCH_SIZE } = options;
  requirePositiveInteger('height', height);
  requirePositiveInteger('width', width);
  requirePositiveInteger('batchSize', batchSize);
  return generate(images, batchSize, options);
}

async function* asTensors<T extends PictureFile>(
  batches: AsyncGenerator<ByteBatch<T>, void, undefined>,
  { height, width }: ImageSize,
): AsyncGenerator<ImageBatch<T>, void, undefined> {
  for await (const { bytes, images, sha256 } of batches) {
    const shape = [images.length, height, width, CHANNELS] as [number, number, number, number];
    yield { pixels: tf.tensor4d(Float32Array.from(bytes), shape), images, sha256 };
  }
}

/**
 * Decodes pictures in batches, in the order of the list, and the next batch while the caller uses this one: at most a few batches
 * are in memory. Every batch but the last is full: a picture that can't be decoded is skipped and the next one takes its place,
 * unless `strict`.
 *
 * Ending a `for await` early, for example by `break`, also stops decoding ahead. Tensors are created only when their batch is
 * requested, so none is left over.
 *
 * @throws ArgumentError on an invalid argument, at once
 * @throws PictureError while iterating, for the first picture that can't be decoded, if `strict`
 * @throws the signal's reason, while iterating
 */
export function imageBatches<T extends PictureFile>(
  images: FileSequence<T>,
  options: ImageBatchOptions,
): AsyncGenerator<ImageBatch<T>, void, undefined> {
  return asTensors(byteBatches(images, options), options);
}
