import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../engine/engine.js';
import { ArgumentError, PictureError, present } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import { readAndDispose } from '../model/dispose.js';
import type { RowChunk } from '../pictures/chunks.js';
import type { Extraction, RowOptions } from '../pictures/rows.js';
import type { LabelledFile } from '../pictures/types.js';
import { type View, VIEWS } from '../pictures/view-pixels.js';
import { type FeatureCache, featureCache } from './feature-cache.js';
import { byteBatches } from './images/batches.js';
import type { PictureFile } from './images/picture-file.js';
import { viewBytes } from './images/view-bytes.js';
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

/** The features of each picture's images by the picture's path: of itself, then of its views. */
type Rows = Map<string, (Float32Array | undefined)[]>;

/** Joins rows, in the order of the pictures, and removes them from the map. */
function joinRows(
  rows: Rows,
  pictures: readonly LabelledFile[],
  size: number,
  images: number,
): Float32Array {
  const all = new Float32Array(pictures.length * images * size);
  pictures.forEach(({ path }, i) => {
    rows.get(path)?.forEach((row, image) => {
      all.set(row ?? [], (i * images + image) * size);
    });
    // Two copies of the rows of 50,000 pictures would take too much memory.
    rows.delete(path);
  });
  return all;
}

/** An image that pictures give. */
interface Made {
  /** Undefined for the picture itself. */
  readonly view: View | undefined;
  readonly cache: FeatureCache | undefined;
}

const isComplete = (row: readonly unknown[] | undefined): boolean =>
  row?.every((each) => each !== undefined) === true;

/** Reads cached features. */
async function readKept(
  pictures: readonly LabelledFile[],
  images: readonly Made[],
  rows: Rows,
): Promise<void> {
  for (const { path, sha256 } of pictures) {
    const row: (Float32Array | undefined)[] = images.map(() => undefined);
    rows.set(path, row);
    if (images.every(({ cache }) => cache === undefined)) continue;
    const hash = sha256 ?? (await hashFile(path));
    if (hash === undefined) continue;
    for (const [i, { cache }] of images.entries()) row[i] = await cache?.read(hash);
  }
}

/** The images that pictures give, each with a cache of its own if one is asked for. */
export async function imagesFor(
  extraction: Extraction,
  { cacheFolder, onWarning, views = [] }: RowOptions,
): Promise<readonly Made[]> {
  const all = [undefined, ...views.flatMap((name) => VIEWS[name])];
  if (cacheFolder === undefined) return all.map((view) => ({ view, cache: undefined }));
  const key = await extraction.key();
  const folder = placeOf('cacheFolder', cacheFolder);
  return Promise.all(
    all.map(async (view) => {
      const own = view === undefined ? key : [...key, JSON.stringify(view)];
      return { view, cache: await featureCache(folder, own, extraction.shape, onWarning) };
    }),
  );
}

/** Checks the features that the backbone gives for a file. */
function requireFiniteFeatures(row: Float32Array, path: string): void {
  const wrong = row.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new ArgumentError(
    `backbone: expected finite features, got ${wrong} for ${path}; check its weights and preprocessing`,
  );
}

const CHANNELS = 3;

/** The features of pixels, in the order of the images. */
async function runOn(
  engine: Engine,
  bytes: Uint8Array,
  shape: [number, number, number, number],
): Promise<Float32Array> {
  const pixels = tf.tensor4d(new Float32Array(bytes), shape);
  try {
    return Float32Array.from(await readAndDispose(await engine.run(pixels)));
  } finally {
    pixels.dispose();
  }
}

/**
 * Computes the features of images, one after the other.
 *
 * @param bytes their pixels `[n, height, width, 3]`
 * @param files that they come from, for the error message
 * @throws ArgumentError if one isn't finite
 */
export async function computeRows(
  engine: Engine,
  bytes: Uint8Array,
  [height, width]: Extraction['inputSize'],
  files: readonly PictureFile[],
): Promise<readonly Float32Array[]> {
  const data = await runOn(engine, bytes, [files.length, height, width, CHANNELS]);
  const size = data.length / files.length;
  return files.map(({ path }, i) => {
    const row = data.slice(i * size, (i + 1) * size);
    requireFiniteFeatures(row, path);
    return row;
  });
}

/**
 * Computes values of picture files, some files at a time; with a cache, only of pictures whose content isn't cached. Besides the
 * values of a chunk, at most two batches of pictures and one of their views are in memory.
 *
 * @param chunkOf determines how many files are in a chunk, from the number of values of one with its views
 * @throws PictureError if a picture can't be decoded and `strict` is set, or if none can; ArgumentError if a value isn't finite
 */
export async function* extractRows(
  extraction: Extraction,
  files: readonly LabelledFile[],
  options: RowOptions,
  chunkOf: (values: number) => number,
): AsyncGenerator<RowChunk> {
  const { label, onProgress, onWarning, batchSize, strict, signal } = options;
  const { inputSize, shape } = extraction;
  const size = volume(shape);
  const [height, width] = inputSize;
  const pass = { height, width, batchSize, strict, signal, onWarning };
  let engine: Engine | undefined;
  let [found, kept, computed] = [0, 0, 0];
  const images = await imagesFor(extraction, options);
  try {
    const views = images.length;
    const count = Math.max(1, chunkOf(size * views));
    for (let from = 0; from < files.length; from += count) {
      const own = files.slice(from, from + count);
      const rows: Rows = new Map();
      await readKept(own, images, rows);
      const before = computed;
      const missing = own.filter(({ path }) => !isComplete(rows.get(path)));
      kept += own.length - missing.length;
      const tell = () =>
        onProgress?.({ label, done: computed, total: files.length - kept, unit: 'pictures' });
      if (missing.length > 0) tell();
      for await (const batch of byteBatches(missing, pass)) {
        // Not needed if all features are cached.
        engine ??= await extraction.start();
        const own = batch.images.map(({ path }) => present(rows.get(path), 'features'));
        for (const [image, { view, cache }] of images.entries()) {
          const missing = [...own.keys()].filter((i) => own[i]?.[image] === undefined);
          if (missing.length === 0) continue;
          const bytes = viewBytes(batch.bytes, missing, inputSize, view);
          const pictures = missing.flatMap((i) => batch.images[i] ?? []);
          const computedRows = await computeRows(engine, bytes, inputSize, pictures);
          for (const [i, picture] of missing.entries()) {
            const row = present(computedRows[i], 'features');
            present(own[picture], 'features')[image] = row;
            await cache?.write(present(batch.sha256[picture], 'sha256'), row);
          }
        }
        computed += batch.images.length;
        tell();
      }
      const decoded = own.filter(({ path }) => isComplete(rows.get(path)));
      found += decoded.length;
      if (decoded.length === 0) continue;
      // Removes the rows.
      const data = joinRows(rows, decoded, size, views);
      const counts = { files: decoded, computed: computed - before, engine: engine?.name };
      yield { data, views, ...counts };
    }
  } finally {
    for (const { cache } of images) await cache?.close();
    await engine?.dispose();
  }
  if (found === 0) {
    throw new PictureError(
      `pictures: expected pictures that can be decoded, got none among ${files.length}`,
    );
  }
}
