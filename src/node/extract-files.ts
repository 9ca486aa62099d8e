import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { PictureError, present } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import type { FeatureOptions, PartFeatures } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';
import { reductionOf } from '../train/extractor.js';
import { hashModel } from '../weights/hash-model.js';
import { type Engine, requireEngine, startEngine } from './engine/index.js';
import { type FeatureCache, featureCache } from './feature-cache.js';
import { byteBatches } from './images/batches.js';
import { placeOf } from './write/place.js';

async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    // Decoding it will report what is wrong.
    return undefined;
  }
}

/** Features by the path of their picture. */
type Rows = Map<string, Float32Array>;

/** Joins rows, in the order of the images, and removes them from the map. */
function joinRows(rows: Rows, images: readonly LabelledFile[], size: number): Float32Array {
  const all = new Float32Array(images.length * size);
  images.forEach(({ path }, i) => {
    all.set(rows.get(path) ?? [], i * size);
    // Two copies of the rows of 50,000 pictures would take too much memory.
    rows.delete(path);
  });
  return all;
}

/** Reads cached features. */
async function readKept(
  images: readonly LabelledFile[],
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

/** The cache of a backbone's features; undefined if none is asked for. */
async function openCache(
  backbone: Backbone,
  { model, outputShape }: ReturnType<typeof reductionOf>,
  { cacheFolder, onWarning }: FeatureOptions,
): Promise<FeatureCache | undefined> {
  if (cacheFolder === undefined) return undefined;
  const { preprocessing, inputSize } = backbone;
  const head = model === undefined ? '' : await hashModel(model);
  const key = [await backbone.sha256(), preprocessing, inputSize.join(), head];
  return featureCache(placeOf('cacheFolder', cacheFolder), key, outputShape, onWarning);
}

/** Features of consecutive files. */
export interface FeatureChunk {
  /** Those of {@link FeatureChunk.files}, one after the other. */
  readonly data: Float32Array;
  /** Shape of the features of one file. */
  readonly shape: Shape;
  readonly featureShape: Shape;
  /** Those that could be decoded. */
  readonly files: readonly LabelledFile[];
  /** How many of them the backbone processed; the features of the others came from the cache. */
  readonly computed: number;
}

/**
 * Computes the features of picture files with a frozen backbone, some files at a time; with a cache, only of pictures whose
 * content isn't cached. Besides the features of a chunk, at most two batches of pictures are in memory.
 *
 * A copy is run whose BatchNorms are folded into the convolutions before them, and under tfjs-node the backbone runs as one
 * graph. Features then differ from its own by rounding.
 *
 * @param chunkOf determines how many files are in a chunk, from the number of values of one
 * @throws PictureError if a picture can't be decoded and `strict` is set, or if none can
 */
export async function* extractChunks(
  backbone: Backbone,
  files: readonly LabelledFile[],
  options: FeatureOptions,
  chunkOf: (values: number) => number,
): AsyncGenerator<FeatureChunk> {
  const { head, label, onProgress, onWarning, batchSize, strict, signal } = options;
  const { model: base, preprocessing, inputSize } = backbone;
  if (options.engine !== undefined) await requireEngine(options.engine);
  const reduction = reductionOf(base, head);
  const { featureShape, outputShape: shape } = reduction;
  const size = volume(shape);
  const [height, width] = inputSize;
  const pass = { height, width, batchSize, strict, signal, onWarning };
  let engine: Engine | undefined;
  let [found, kept, computed] = [0, 0, 0];
  try {
    const cache = await openCache(backbone, reduction, options);
    const count = Math.max(1, chunkOf(size));
    for (let from = 0; from < files.length; from += count) {
      const own = files.slice(from, from + count);
      const rows: Rows = new Map();
      await readKept(own, cache, rows);
      kept += rows.size;
      const before = computed;
      const missing = own.filter(({ path }) => !rows.has(path));
      const tell = () =>
        onProgress?.({ label, done: computed, total: files.length - kept, unit: 'pictures' });
      if (missing.length > 0) tell();
      for await (const batch of byteBatches(missing, pass)) {
        // Not needed if all features are cached.
        engine ??= await startEngine({ base, reduction, preprocessing, inputSize }, options.engine);
        const data = await engine.run(batch.bytes, batch.images.length);
        for (const [i, { path }] of batch.images.entries()) {
          const row = data.slice(i * size, (i + 1) * size);
          rows.set(path, row);
          await cache?.write(present(batch.sha256[i], 'sha256'), row);
        }
        computed += batch.images.length;
        tell();
      }
      const decoded = own.filter(({ path }) => rows.has(path));
      found += decoded.length;
      if (decoded.length === 0) continue;
      // Removes the rows.
      const data = joinRows(rows, decoded, size);
      yield { data, shape, featureShape, files: decoded, computed: computed - before };
    }
  } finally {
    await engine?.dispose();
    reduction.dispose();
  }
  if (found === 0) {
    throw new PictureError(
      `pictures: expected pictures that can be decoded, got none among ${files.length}`,
    );
  }
}

/**
 * Computes the features of picture files as {@link extractChunks} does, all in memory.
 *
 * @returns features, whose tensor the caller disposes
 */
export async function extractFiles(
  backbone: Backbone,
  files: readonly LabelledFile[],
  options: FeatureOptions,
): Promise<PartFeatures> {
  for await (const chunk of extractChunks(backbone, files, options, () => files.length)) {
    const { data, shape, featureShape, files: found, computed } = chunk;
    return {
      values: tf.tensor(data, [found.length, ...shape]),
      labels: Int32Array.from(found, (file) => file.label),
      ...{ featureShape, files: found, computed },
    };
  }
  throw new PictureError('pictures: expected at least one picture, got none');
}
