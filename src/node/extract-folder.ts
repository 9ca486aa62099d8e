import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { present, reject, requireOneOf, requireOptions } from '../errors.js';
import type { Head } from '../head/head.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { requireLayersModel } from '../model/check.js';
import { reductionOf } from '../train/extractor.js';
import { type ExtractProgress, type Features, progressFrom } from '../train/features.js';
import { hashModel } from '../weights/hash-model.js';
import { type Engine, type EngineName, requireEngine, startEngine } from './engine/index.js';
import { type FeatureCache, featureCache } from './feature-cache.js';
import { byteBatches } from './images/batches.js';
import { type FolderImage, ImageError } from './images/index.js';

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
  /** What runs the base; see {@link EngineName}. @default TensorFlow's graph under tfjs-node, else the layers */
  readonly engine?: EngineName;
  /** @default 16 */
  readonly batchSize?: number;
  /** Whether a picture that can't be decoded is thrown, rather than skipped. @default false */
  readonly strict?: boolean;
  /** Told of each picture that is skipped. */
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  /** Told once where features can't be kept; they are computed all the same. */
  readonly onWarning?: (warning: Error) => void;
  /** Called before the first batch, with 0 images, and after each; not at all where all came out of the cache. */
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
    all.set(present(rows.get(path), path), i * size);
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
  for (const { path, sha256 } of images) {
    const hash = sha256 ?? (await hashFile(path));
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
 *   decoded, or none can
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
  if (options.engine !== undefined) await requireEngine(options.engine);
  const reduction = reductionOf(base, head);
  const { featureShape, model, outputShape } = reduction;
  const rows: Rows = new Map();
  let engine: Engine | undefined;
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
            options.onWarning,
          );
    await readKept(images, cache, rows);

    const missing = images.filter(({ path }) => !rows.has(path));
    const kept = rows.size;
    const [height, width] = inputSize;
    const begin = performance.now();
    if (missing.length > 0) onProgress?.(progressFrom(begin, 0, missing.length));
    for await (const batch of byteBatches(missing, { ...options, height, width })) {
      // Where all came out of the cache, there is nothing to make ready.
      engine ??= await startEngine({ base, reduction, preprocessing, inputSize }, options.engine);
      const data = await engine.run(batch.bytes, batch.images.length);
      const size = data.length / batch.images.length;
      for (const [i, { path }] of batch.images.entries()) {
        const row = data.slice(i * size, (i + 1) * size);
        rows.set(path, row);
        await cache?.write(present(batch.sha256[i], 'a hash'), row);
      }
      onProgress?.(progressFrom(begin, rows.size - kept, missing.length));
    }

    const found = images.filter(({ path }) => rows.has(path));
    if (found.length === 0) {
      throw new ImageError(
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
    await engine?.dispose();
    reduction.dispose();
  }
}
