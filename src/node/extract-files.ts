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

/** Joins rows into one tensor, in the order of the images, and removes them from the map. */
function joinRows(rows: Rows, images: readonly LabelledFile[], shape: Shape): tf.Tensor {
  const size = volume(shape);
  const all = new Float32Array(images.length * size);
  images.forEach(({ path }, i) => {
    all.set(rows.get(path) ?? [], i * size);
    // Two copies of the rows of 50,000 pictures would take too much memory.
    rows.delete(path);
  });
  return tf.tensor(all, [images.length, ...shape]);
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

/**
 * Computes the features of picture files with a frozen backbone; with a cache, only of pictures whose content isn't cached.
 * Besides the features, at most two batches of pictures are in memory.
 *
 * A copy is run whose BatchNorms are folded into the convolutions before them, and under tfjs-node the backbone runs as one
 * graph. Features then differ from its own by rounding.
 *
 * @returns features, whose tensor the caller disposes
 * @throws PictureError if a picture can't be decoded and `strict` is set, or if none can
 */
export async function extractFiles(
  backbone: Backbone,
  files: readonly LabelledFile[],
  options: FeatureOptions,
): Promise<PartFeatures> {
  const { head, cacheFolder, label, onProgress, onWarning, batchSize, strict, signal } = options;
  const { model: base, preprocessing, inputSize } = backbone;
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
            placeOf('cacheFolder', cacheFolder),
            [
              await backbone.sha256(),
              preprocessing,
              inputSize.join(),
              model === undefined ? '' : await hashModel(model),
            ],
            outputShape,
            onWarning,
          );
    await readKept(files, cache, rows);

    const missing = files.filter(({ path }) => !rows.has(path));
    const kept = rows.size;
    const tell = (done: number) =>
      onProgress?.({ label, done, total: missing.length, unit: 'pictures' });
    const [height, width] = inputSize;
    if (missing.length > 0) tell(0);
    const pass = { height, width, batchSize, strict, signal, onWarning };
    for await (const batch of byteBatches(missing, pass)) {
      // Not needed if all features are cached.
      engine ??= await startEngine({ base, reduction, preprocessing, inputSize }, options.engine);
      const data = await engine.run(batch.bytes, batch.images.length);
      const size = data.length / batch.images.length;
      for (const [i, { path }] of batch.images.entries()) {
        const row = data.slice(i * size, (i + 1) * size);
        rows.set(path, row);
        await cache?.write(present(batch.sha256[i], 'sha256'), row);
      }
      tell(rows.size - kept);
    }

    const found = files.filter(({ path }) => rows.has(path));
    if (found.length === 0) {
      throw new PictureError(
        `pictures: expected pictures that can be decoded, got none among ${files.length}`,
      );
    }
    const computed = rows.size - kept;
    return {
      // Removes the rows.
      values: joinRows(rows, found, outputShape),
      labels: Int32Array.from(found, (file) => file.label),
      featureShape,
      files: found,
      computed,
    };
  } finally {
    await engine?.dispose();
    reduction.dispose();
  }
}
