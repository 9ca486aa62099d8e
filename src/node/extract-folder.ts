import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, preprocess, PREPROCESSINGS } from '../base/preprocess.js';
import { reject, requireOneOf, requireOptions } from '../errors.js';
import type { Head } from '../head/head.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { requireLayersModel } from '../model/check.js';
import { readAndDispose } from '../model/dispose.js';
import { type BaseRunner, foldedRunner, reductionOf } from '../train/extractor.js';
import { type ExtractProgress, type Features, progressFrom } from '../train/features.js';
import { hashModel } from '../weights/hash-model.js';
import { type FeatureCache, featureCache } from './feature-cache.js';
import { type FolderImage, type ImageError, imageBatches } from './images/index.js';
import { nativeRunner } from './native-runner.js';

export interface ExtractFolderOptions {
  /** How the base wants its pixels. */
  readonly preprocessing: Preprocessing;
  /** Height and width to bring pictures to. */
  readonly inputSize: readonly [height: number, width: number];
  /** A head whose pooling is run with the base; see `extractFeatures`. */
  readonly head?: Head;
  /** Folder to keep features in, so that a picture is only computed once. @default none: nothing is kept */
  readonly cacheFolder?: string;
  /** Hash of the base, where it is known already; see `ClassifierMetadata`. @default computed, for a cache */
  readonly baseSha256?: string;
  /** @default 16 */
  readonly batchSize?: number;
  /** Whether a picture that can't be decoded is thrown, rather than skipped. @default false */
  readonly strict?: boolean;
  /** Told of each picture that is skipped. */
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  readonly onProgress?: (progress: ExtractProgress) => void;
  readonly signal?: AbortSignal;
}

/** Features of pictures on disk, and how they were had. */
export interface FolderFeatures extends Features {
  /** Whose rows they are; those that were skipped are missing. */
  readonly images: readonly FolderImage[];
  /** How many were run through the base; the others came out of the cache. */
  readonly computed: number;
}

async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    // Decoding it will say what is wrong with it.
    return undefined;
  }
}

/** TensorFlow runs a graph on pictures of whatever size. */
function requireOwnSize(base: tf.LayersModel, [height, width]: readonly [number, number]): void {
  const [, h, w] = base.inputs[0]?.shape ?? [];
  if ((h ?? height) === height && (w ?? width) === width) return;
  reject('inputSize', `the base’s own [${h ?? 'any'}, ${w ?? 'any'}]`, [height, width]);
}

/** Features by the path of their picture. */
type Rows = Map<string, Float32Array>;

/** One tensor of all rows, in the order of the images; the rows are taken out. */
function joinRows(rows: Rows, images: readonly FolderImage[], shape: Shape): tf.Tensor {
  const size = volume(shape);
  const all = new Float32Array(images.length * size);
  images.forEach(({ path }, i) => {
    all.set(rows.get(path) ?? [], i * size);
    // At 50,000 pictures two copies of all rows would be a lot.
    rows.delete(path);
  });
  return tf.tensor(all, [images.length, ...shape]);
}

/** What was kept of pictures before. */
async function readKept(
  images: readonly FolderImage[],
  cache: FeatureCache | undefined,
  rows: Rows,
): Promise<void> {
  if (cache === undefined) return;
  for (const { path } of images) {
    const hash = await hashFile(path);
    const row = hash === undefined ? undefined : await cache.read(hash);
    if (row !== undefined) rows.set(path, row);
  }
}

/**
 * Runs a frozen base over pictures on disk, once: with a cache, only over those that it hasn't seen, by
 * their content. At any time two batches of pictures are in memory, and what was computed.
 *
 * The base runs without its BatchNorms, where they fold, and under tfjs-node as one graph. Features then differ from the base's own by rounding.
 *
 * @returns features, whose tensor is yours to dispose
 * @throws ArgumentError where the base has no feature map, or wants pictures of another size; ImageError where `strict` and a picture can't be
 *   decoded; Error where none can
 */
export async function extractFolder(
  base: tf.LayersModel,
  images: readonly FolderImage[],
  options: ExtractFolderOptions,
): Promise<FolderFeatures> {
  requireOptions('options', options);
  const { preprocessing, inputSize, head, cacheFolder, onProgress } = options;
  requireLayersModel('base', base);
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  requireOwnSize(base, inputSize);
  const { reduce, dispose, featureShape, model, outputShape } = reductionOf(base, head);
  const rows: Rows = new Map();
  let runner: BaseRunner | undefined;
  try {
    const cache =
      cacheFolder === undefined
        ? undefined
        : await featureCache(
            cacheFolder,
            [
              options.baseSha256 ?? (await hashModel(base)),
              preprocessing,
              inputSize.join(),
              model === undefined ? '' : await hashModel(model),
            ],
            outputShape,
          );
    await readKept(images, cache, rows);

    const missing = images.filter(({ path }) => !rows.has(path));
    const kept = rows.size;
    const [height, width] = inputSize;
    const begin = performance.now();
    for await (const batch of imageBatches(missing, { ...options, height, width })) {
      let values: tf.Tensor;
      try {
        // Where all came out of the cache, there is nothing to make ready.
        runner ??= (await nativeRunner(base)) ?? foldedRunner(base);
        const { run } = runner;
        values = tf.tidy(() => reduce(run(preprocess(batch.pixels, preprocessing))));
      } finally {
        batch.pixels.dispose();
      }
      const data = Float32Array.from(await readAndDispose(values));
      const size = data.length / batch.images.length;
      for (const [i, { path }] of batch.images.entries()) {
        const row = data.slice(i * size, (i + 1) * size);
        rows.set(path, row);
        await cache?.write(batch.sha256[i] ?? '', row);
      }
      onProgress?.(progressFrom(begin, rows.size - kept, missing.length));
    }

    const found = images.filter(({ path }) => rows.has(path));
    if (found.length === 0) {
      throw new Error(
        `images: expected pictures that can be decoded, got none among ${images.length}`,
      );
    }
    const computed = rows.size - kept;
    return {
      values: joinRows(rows, found, outputShape),
      labels: Int32Array.from(found, ({ label }) => label),
      featureShape,
      images: found,
      computed,
    };
  } finally {
    runner?.dispose();
    dispose();
  }
}
