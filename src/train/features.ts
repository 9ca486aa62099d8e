import * as tf from '@tensorflow/tfjs';
import { present, reject, requireLabels, requireOptions } from '../errors.js';
import type { Engine, EngineTask } from '../engine/engine.js';
import type { EngineName } from '../engine/names.js';
import { startEngine } from '../engine/start.js';
import { pauser } from '../event-loop.js';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { classesIn, type LabelSet, LabelSets } from '../label-sets.js';
import { reductionOf } from './extractor.js';

/** Images `[n, h, w, c]` with their classes. */
export interface LabelledBatch {
  readonly images: tf.Tensor4D;
  /** Class index of each image; with `labelSets`, the index of its set. */
  readonly labels: readonly number[];
  /** The classes of each label, if images can have several. */
  readonly labelSets?: readonly LabelSet[] | undefined;
}

/** The outputs of a frozen base for images, computed once. */
export interface Features {
  /** `[images, h, w, c]`, or `[images, n]` if a head's pooling was applied. The caller disposes it. */
  readonly values: tf.Tensor;
  /** Class index of each image; with `labelSets`, the index of its set. */
  readonly labels: Int32Array;
  /** Class indices of each label, if images can have several; an empty list stands for none of the classes. */
  readonly labelSets?: readonly (readonly number[])[] | undefined;
  /** How many consecutive images are one picture: itself, then its views. Training keeps them together. @default 1 */
  readonly views?: number | undefined;
  /** Shape of the base's feature map before any pooling, `[h, w, c]`. */
  readonly featureShape: Shape;
}

/** Features, and the engine that computed them. */
export interface Extracted extends Features {
  readonly engine: EngineName;
}

/**
 * Features that are read when they are needed, for example from files, so that only a few of them are in memory. `openFeatures`
 * returns an object like this.
 */
export interface StoredFeatures {
  /** Class index of each image; with `labelSets`, the index of its set. */
  readonly labels: Int32Array;
  /** Class indices of each label, if images can have several. */
  readonly labelSets?: readonly (readonly number[])[] | undefined;
  /** How many consecutive images are one picture: itself, then its views. @default 1 */
  readonly views?: number | undefined;
  /** Shape of the features of one image: {@link StoredFeatures.featureShape}, or `[n]` if a head's pooling was applied. */
  readonly shape: Shape;
  /** Shape of the base's feature map before any pooling, `[h, w, c]`. */
  readonly featureShape: Shape;
  /**
   * Reads the features of some images, by index and in this order.
   *
   * @returns `[images.length, ...shape]`, which the caller disposes
   */
  read(images: Int32Array): Promise<tf.Tensor>;
}

export const isStored = (features: unknown): features is StoredFeatures =>
  typeof (features as Partial<StoredFeatures> | null | undefined)?.read === 'function';

export interface ExtractOptions {
  /** A head whose pooling is applied to the features. Only heads that pool in the same way can train on them. */
  readonly head?: Head;
  /** What runs the base; see {@link EngineName}. @default the fastest */
  readonly engine?: EngineName;
  /** How many consecutive batches have the same pictures: themselves, then their views. @default 1 */
  readonly views?: number;
  /** Called with the number of pictures done so far, once the batch with their last views is done. */
  readonly onImages?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Computes the features of images with a frozen base, to train heads on them. The result stays on the backend; only one batch of
 * images is there at a time.
 *
 * The engine runs a copy whose BatchNorms are folded into the convolutions before them, as `foldBatchNorm` does: features then differ
 * from the base's own by rounding, about 1e-6 of the largest.
 *
 * @param batches of pixels, RGB from 0 to 255, which are disposed after use
 * @returns features, whose tensor the caller disposes
 * @throws ArgumentError if the base has no feature map, or there are no images; no tensor is left behind
 */
export async function extractBatches(
  { model, preprocessing }: Pick<EngineTask, 'model' | 'preprocessing'>,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: ExtractOptions = {},
): Promise<Extracted> {
  requireOptions('options', options);
  const { head, engine: name, views = 1, onImages, signal } = options;
  const reduction = reductionOf(model, head);
  const parts: tf.Tensor[] = [];
  /** Of the pictures whose views aren't complete. */
  let begun: tf.Tensor[] = [];
  const labels: number[] = [];
  let sets: LabelSets | undefined;
  const pause = pauser();
  let engine: Engine | undefined;
  try {
    engine = await startEngine({ model, reduction: reduction.model, preprocessing }, name);
    for await (const batch of batches) {
      try {
        signal?.throwIfAborted();
        requireBatch(batch, model);
        begun.push(await engine.run(batch.images));
      } finally {
        disposeImages(batch);
      }
      await pause();
      if (begun.length < views) continue;
      parts.push(interleaved(begun));
      begun = [];
      const { labelSets } = batch;
      if (labelSets) {
        // Each batch may number its sets on its own.
        const known = (sets ??= new LabelSets());
        labels.push(...batch.labels.map((label) => known.numberOf(classesIn(label, labelSets))));
      } else labels.push(...batch.labels);
      onImages?.(labels.length);
    }
    if (parts.length === 0) reject('batches', 'at least one batch of images', []);
    const { featureShape } = reduction;
    return {
      ...{
        values: tf.concat(parts),
        labels: repeated(labels, views),
        featureShape,
        engine: engine.name,
      },
      ...(sets && { labelSets: sets.sets }),
      ...(views > 1 && { views }),
    };
  } finally {
    tf.dispose([parts, begun]);
    await engine?.dispose();
    reduction.dispose();
  }
}

/** Joins the features of a batch's pictures and of their views, picture by picture; disposes them. */
function interleaved(views: readonly tf.Tensor[]): tf.Tensor {
  const [only, ...others] = views;
  if (only !== undefined && others.length === 0) return only;
  const joined = tf.tidy(() => {
    const stacked = tf.stack([...views], 1);
    return stacked.reshape([-1, ...stacked.shape.slice(2)]);
  });
  tf.dispose([...views]);
  return joined;
}

/** The labels of pictures, for each of their images. */
export const repeated = (labels: readonly number[], views: number): Int32Array =>
  Int32Array.from({ length: labels.length * views }, (_, image) =>
    present(labels[Math.floor(image / views)], 'label'),
  );

/** Disposes a batch's images, if it has any. */
export function disposeImages(batch: LabelledBatch | null | undefined): void {
  tf.dispose(batch?.images);
}

/**
 * Checks a batch.
 *
 * @param model the model that is run on the images
 * @param classes the number of classes; undefined if labels are only stored
 */
export function requireBatch(
  batch: unknown,
  model: tf.LayersModel,
  classes?: number,
): asserts batch is LabelledBatch {
  requireOptions('batch', batch);
  const { images, labels, labelSets } = batch as Partial<LabelledBatch>;
  const wanted = model.inputs[0]?.shape.slice(1) ?? [];
  const tensor = images instanceof tf.Tensor ? images : undefined;
  const shape: readonly number[] = tensor?.shape ?? [];
  const [count = 0, ...sizes] = shape;
  const fits =
    count > 0 &&
    sizes.length === wanted.length &&
    wanted.every((size, axis) => size === null || size === sizes[axis]);
  if (!fits) {
    const expected = ['n', ...wanted.map((size) => size ?? 'any')].join(', ');
    const got = tensor?.shape ?? images;
    reject('batch.images', `a tensor [${expected}] of at least one image`, got);
  }
  const most = labelSets?.length ?? classes;
  requireLabels('batch.labels', labels, {
    images: count,
    ...(most !== undefined && { classes: most }),
  });
}
