import * as tf from '@tensorflow/tfjs';
import { reject, requireLabels, requireOptions } from '../errors.js';
import { pauser } from '../event-loop.js';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { type BaseRunner, foldedRunner, reductionOf } from './extractor.js';

/** Images with the class of each, ready for the base: preprocessed, `[n, h, w, c]`. */
export interface LabelledBatch {
  readonly images: tf.Tensor4D;
  /** Class of each, from 0. */
  readonly labels: readonly number[];
}

/** What a frozen base makes of images, computed once. */
export interface Features {
  /** `[images, h, w, c]`; or `[images, n]`, where a head's pooling was run with the base. Yours to dispose. */
  readonly values: tf.Tensor;
  /** Class of each image. */
  readonly labels: Int32Array;
  /** Of the base's map, `[h, w, c]`, whatever became of it. */
  readonly featureShape: Shape;
}

export interface ExtractOptions {
  /** A head whose pooling is run with the base. Only heads that pool in the same way can train on its features. */
  readonly head?: Head;
  /** Called with the number of images done so far, after each batch. */
  readonly onImages?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs a frozen base over images once, to train heads on what it makes of them. What is computed stays on
 * the backend; only one batch of images is there at a time.
 *
 * Where the base has BatchNorms that fold into its convolutions, a copy without them runs in its place, as
 * `foldBatchNorm` makes it: features then differ from the base's own by rounding, some 1e-6 of the largest.
 *
 * @param batches each batch's images are disposed once they have been used
 * @returns features, whose tensor is yours to dispose
 * @throws ArgumentError where the base has no feature map, or there are no images; no tensor is left behind
 */
export async function extractBatches(
  base: tf.LayersModel,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: ExtractOptions = {},
): Promise<Features> {
  requireOptions('options', options);
  const { head, onImages, signal } = options;
  const reduction = reductionOf(base, head);
  const parts: tf.Tensor[] = [];
  const labels: number[] = [];
  const pause = pauser();
  let runner: BaseRunner | undefined;
  try {
    const { run } = (runner = foldedRunner(base));
    for await (const batch of batches) {
      try {
        signal?.throwIfAborted();
        requireBatch(batch, base);
        parts.push(tf.tidy(() => reduction.reduce(run(batch.images))));
      } finally {
        disposeImages(batch);
      }
      labels.push(...batch.labels);
      onImages?.(labels.length);
      await pause();
    }
    if (parts.length === 0) reject('batches', 'at least one batch of images', []);
    const { featureShape } = reduction;
    return { values: tf.concat(parts), labels: Int32Array.from(labels), featureShape };
  } finally {
    tf.dispose(parts);
    runner?.dispose();
    reduction.dispose();
  }
}

/** Frees a batch's images, whatever a caller handed in as a batch. */
export function disposeImages(batch: LabelledBatch | null | undefined): void {
  tf.dispose(batch?.images);
}

/**
 * Checks a batch before anything is made of it.
 *
 * @param model that is run on the images
 * @param classes how many it tells apart; open where labels are only kept
 */
export function requireBatch(
  batch: unknown,
  model: tf.LayersModel,
  classes?: number,
): asserts batch is LabelledBatch {
  requireOptions('batch', batch);
  const { images, labels } = batch as Partial<Record<keyof LabelledBatch, unknown>>;
  const wanted = model.inputs[0]?.shape.slice(1) ?? [];
  const tensor = images instanceof tf.Tensor ? (images as tf.Tensor) : undefined;
  const shape: readonly number[] = tensor?.shape ?? [];
  const [count = 0, ...sizes] = shape;
  const fits =
    count > 0 &&
    sizes.length === wanted.length &&
    wanted.every((size, axis) => size === null || size === sizes[axis]);
  if (!fits) {
    const expected = ['n', ...wanted.map((size) => size ?? 'any')].join(', ');
    const got = tensor?.shape ?? images;
    reject('batch.images', `a tensor [${expected}] of one image or more`, got);
  }
  requireLabels('batch.labels', labels, {
    images: count,
    ...(classes !== undefined && { classes }),
  });
}
