import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { present } from '../errors.js';
import type { Head } from '../head/head.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import { readAndDispose } from '../model/dispose.js';
import type { FeatureOptions, Part } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';
import type { Features, StoredFeatures } from '../train/features.js';
import { plainRows } from '../train/labels.js';
import { partHead } from '../train/part-head.js';

/** Features of pictures in main memory: maps of many pictures don't fit into that of a backend. */
export interface MapRows {
  /** Class index of each picture. */
  readonly labels: Int32Array;
  /** The pictures' files, if they have any; those that can't be decoded are missing. */
  readonly files: readonly LabelledFile[] | undefined;
  /** How many consecutive rows are one picture. */
  readonly views: number;
  readonly rows: readonly Float32Array[];
  readonly shape: Shape;
  readonly featureShape: Shape;
  /** How many pictures the backbone processed; the features of the others came from the cache. */
  readonly computed: number;
}

/** Values that are computed between two copies: 128 MB. */
const CHUNK_VALUES = 2 ** 25;

/** The values of each of consecutive images. */
const rowsIn = (data: Float32Array, shape: Shape): Float32Array[] => {
  const size = volume(shape);
  return Array.from({ length: data.length / size }, (_, i) =>
    data.subarray(i * size, (i + 1) * size),
  );
};

/** Computes the feature maps of pictures. */
export async function readMaps(
  part: Part,
  backbone: Backbone,
  options: FeatureOptions,
): Promise<MapRows> {
  if (part.chunks === undefined) {
    const { values, computed, ...features } = await part.features(backbone, options);
    const { labels, views = 1, featureShape } = features;
    const shape = values.shape.slice(1);
    const rows = rowsIn((await readAndDispose(values)) as Float32Array, shape);
    const own = plainRows(features).map((row) => present(labels[row], 'label'));
    return { labels: own, files: undefined, views, rows, shape, featureShape, computed };
  }
  const files: LabelledFile[] = [];
  const rows: Float32Array[] = [];
  let computed = 0;
  let last: Pick<MapRows, 'views' | 'shape' | 'featureShape'> | undefined;
  const chunkOf = (values: number) => Math.ceil(CHUNK_VALUES / values);
  for await (const chunk of part.chunks(backbone, options, chunkOf)) {
    rows.push(...rowsIn(chunk.data, chunk.shape));
    files.push(...chunk.files);
    computed += chunk.computed;
    last = chunk;
  }
  const { views, shape, featureShape } = present(last, 'features');
  const labels = Int32Array.from(files, ({ label }) => label);
  return { labels, files, views, rows, shape, featureShape, computed };
}

/** Values of features in a batch: 16 MB. */
const BATCH_VALUES = 2 ** 22;

/** Cuts a number of images into batches. */
export function* batchesOf(images: number, shape: Shape): Generator<Int32Array> {
  const all = Int32Array.from({ length: images }, (_, image) => image);
  const height = Math.ceil(BATCH_VALUES / volume(shape));
  for (let from = 0; from < images; from += height) yield all.subarray(from, from + height);
}

/** The maps as a head's pooling leaves them, computed once for all folds; the same maps if it has none. */
export async function pooledBy(head: Head, maps: MapRows): Promise<MapRows> {
  const model = buildHead(head, maps.featureShape, { weights: 'pending' });
  const parts = partHead(model);
  try {
    const { fixed } = parts;
    const shape = fixed?.outputs[0]?.shape.slice(1) as number[] | undefined;
    if (fixed === undefined || shape === undefined || volume(shape) >= volume(maps.shape)) {
      return maps;
    }
    const rows: Float32Array[] = [];
    for (const images of batchesOf(maps.rows.length, maps.shape)) {
      const pooled = tf.tidy(() => fixed.predictOnBatch(tensorOf(maps, images)) as tf.Tensor);
      rows.push(...rowsIn((await readAndDispose(pooled)) as Float32Array, shape));
    }
    return { ...maps, rows, shape };
  } finally {
    parts.release();
    model.dispose();
  }
}

function tensorOf({ rows, shape }: MapRows, images: Int32Array): tf.Tensor {
  const size = volume(shape);
  const all = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    all.set(present(rows[image], 'features'), i * size);
  });
  return tf.tensor(all, [images.length, ...shape]);
}

/** Some pictures' features, or those of one of their views. */
export function selected(maps: MapRows, pictures: Int32Array, view = 0): StoredFeatures {
  const { labels, views, shape, featureShape } = maps;
  return {
    labels: pictures.map((picture) => present(labels[picture], 'label')),
    ...{ shape, featureShape },
    read(images) {
      const rows = images.map((image) => present(pictures[image], 'picture') * views + view);
      return Promise.resolve(tensorOf(maps, rows));
    },
  };
}

/** Values of features that are trained on in a backend's memory: 256 MB. More are read again in each pass. */
const HELD_VALUES = 2 ** 26;

/** Features as a tensor, which the caller disposes, unless they are many. */
export async function held(features: StoredFeatures): Promise<Features | StoredFeatures> {
  const { labels, shape, featureShape } = features;
  if (labels.length * volume(shape) > HELD_VALUES) return features;
  const values = await features.read(Int32Array.from(labels.keys()));
  return { values, labels, featureShape };
}
