import * as tf from '@tensorflow/tfjs';
import {
  refuseOptions,
  reject,
  requireLabels,
  requireOptions,
  requirePositiveInteger,
} from '../errors.js';
import { pauser } from '../event-loop.js';
import { extractBatches } from '../train/features.js';
import { MULTI_LABEL } from './classes.js';
import { fitImages } from './fit.js';
import type { FeatureOptions, ImageFormat, Part, PartBatch, PassOptions } from './set.js';
import type { BatchDataset, BatchStream, PictureBatch } from './types.js';
import { imagesOfViews } from './view-images.js';
import { imagesPerPicture } from './views.js';
import { until } from '../until.js';

type Batches<T> = AsyncIterable<T> | Iterable<T>;

/** Rejects options that apply to files only. */
export function refuseFileOptions({ cacheFolder }: Pick<FeatureOptions, 'cacheFolder'>): void {
  refuseOptions({ cacheFolder }, 'for pictures that are not files');
}

/** Yields batches, letting timers run and checking the signal between them. */
async function* passOf(
  batches: Batches<PartBatch>,
  { signal }: PassOptions,
): AsyncGenerator<PartBatch, void, undefined> {
  const pause = pauser();
  signal?.throwIfAborted();
  for await (const batch of batches) {
    yield batch;
    await pause();
    signal?.throwIfAborted();
  }
}

/** A part whose batches come from a generator. */
export function partOfBatches(
  batches: (format: ImageFormat, options: PassOptions) => Batches<PartBatch>,
  facts: Pick<Part, 'count' | 'isRepeatable' | 'objects'>,
): Part {
  const start = (format: ImageFormat, options: PassOptions) => {
    const { batchSize } = options;
    if (batchSize !== undefined) requirePositiveInteger('batchSize', batchSize);
    return batches(format, options);
  };
  return {
    ...facts,
    async features(backbone, options) {
      refuseFileOptions(options);
      const { head, label, engine, onProgress, signal } = options;
      const { count: total } = facts;
      onProgress?.({ label, done: 0, total, unit: 'pictures' });
      // Pixels, which the engine scales.
      const pixels = start({ ...backbone, preprocessing: 'none' }, options);
      const features = await extractBatches(backbone, pixels, {
        ...(head && { head }),
        ...(engine && { engine }),
        ...(signal && { signal }),
        views: imagesPerPicture(options.views),
        onImages: (done) => onProgress?.({ label, done, total, unit: 'pictures' }),
      });
      return { ...features, computed: features.labels.length / (features.views ?? 1) };
    },
    batches: (format, options) => passOf(start(format, options), options),
  };
}

const isIterable = (value: object): value is Batches<PictureBatch> =>
  Symbol.asyncIterator in value || Symbol.iterator in value;

const isDataset = (value: object): value is BatchDataset =>
  'iterator' in value && typeof value.iterator === 'function';

/** Whether `value` may be a {@link BatchStream}. */
export const isStream = (value: unknown): value is BatchStream =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && (isDataset(value) || isIterable(value)));

async function* iterate(dataset: BatchDataset): AsyncGenerator<unknown, void, undefined> {
  const iterator = await dataset.iterator();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    yield next.value;
  }
}

function open(stream: BatchStream): Batches<unknown> {
  if (typeof stream === 'function') return stream();
  return isDataset(stream) ? iterate(stream) : stream;
}

/** Whether a stream can be read more than once: an array can, a generator can't. */
function isRepeatable(stream: BatchStream): boolean {
  if (typeof stream === 'function' || isDataset(stream)) return true;
  const iterator: unknown =
    Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  return iterator !== stream;
}

/** What identifies a stream's pictures: the tensors of an array, otherwise the stream itself. */
const objectsOf = (stream: BatchStream): readonly unknown[] =>
  Array.isArray(stream)
    ? stream.map((batch: Partial<PictureBatch> | null | undefined) => batch?.images)
    : [stream];

/** How a stream's labels are read. */
interface Labelling {
  /** The number of classes. */
  readonly classes: number;
  readonly multiLabel: boolean;
}

async function labelsOf(
  labels: unknown,
  images: number,
  { classes, multiLabel }: Labelling,
): Promise<Pick<PartBatch, 'labels' | 'labelSets'>> {
  const own: unknown = labels instanceof tf.Tensor ? await labels.data() : labels;
  if (multiLabel) return (await import('./multi-label.js')).numberBatch(own, images, classes);
  if (Array.isArray(own) && Array.isArray(own[0])) {
    reject('batch.labels', 'one class per image', own, MULTI_LABEL);
  }
  requireLabels('batch.labels', own, { images, classes });
  return { labels: Array.from(own) };
}

async function* toImages(
  batch: unknown,
  labelling: Labelling,
  { inputSize, preprocessing }: ImageFormat,
  views: PassOptions['views'],
): AsyncGenerator<PartBatch, void, undefined> {
  requireOptions('batch', batch);
  const { images, labels } = batch as Partial<Record<keyof PictureBatch, unknown>>;
  const { shape } = images instanceof tf.Tensor ? (images as tf.Tensor) : { shape: undefined };
  if (shape?.length !== 4 || shape[3] !== 3 || shape[0] === 0) {
    reject('batch.images', 'a tensor [n, h, w, 3] of at least one picture', shape ?? images);
  }
  const own = await labelsOf(labels, shape[0], labelling);
  const pixels = tf.tidy(() => fitImages(images as tf.Tensor4D, inputSize).clone());
  try {
    for await (const each of imagesOfViews(pixels, views, preprocessing)) {
      yield { images: each, ...own };
    }
  } finally {
    pixels.dispose();
  }
}

/**
 * A part that reads batches from a caller's iterable, function or dataset. Each batch is disposed after use, unless the caller
 * passed an array.
 *
 * @param labelling the number of classes, and whether an image can have several
 */
export function partOfStream(stream: BatchStream, labelling: Labelling): Part {
  const isOwn = !Array.isArray(stream);
  return partOfBatches(
    async function* (format, { signal, views }) {
      // JavaScript callers can pass anything as a batch, with tensors anywhere in it.
      const free = (batch: unknown) => {
        if (isOwn) tf.dispose(batch as tf.TensorContainer);
      };
      for await (const batch of until(open(stream), signal, free)) {
        try {
          yield* toImages(batch, labelling, format, views);
        } finally {
          free(batch);
        }
      }
    },
    { count: undefined, isRepeatable: isRepeatable(stream), objects: objectsOf(stream) },
  );
}
