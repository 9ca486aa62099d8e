import type * as tf from '@tensorflow/tfjs';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { foldedCopy } from '../model/fold.js';
import { partHead } from './part-head.js';

/** What a head's part that has nothing to learn makes of a base's map, so that it is computed with it. */
export interface Reduction {
  /** Of the base's map, `[h, w, c]`. */
  readonly featureShape: Shape;
  /** Of what {@link Reduction.reduce} gives for one image. */
  readonly outputShape: Shape;
  /** What reduces a map; nothing where it stays as it is. */
  readonly model: tf.LayersModel | undefined;
  /** Maps → reduced maps, new or the same. */
  readonly reduce: (maps: tf.Tensor) => tf.Tensor;
  readonly dispose: () => void;
}

/** @throws ArgumentError where the base has no feature map */
export function reductionOf(base: tf.LayersModel, head: Head | undefined): Reduction {
  requireLayersModel('base', base);
  const featureShape = requireFeatureMap('base', base).shape.slice(1) as number[];
  // What is pooled has no weights, so that none are drawn.
  const model = head && buildHead(head, featureShape, { weights: 'pending' });
  const parted = model && partHead(model);
  const fixed = parted?.fixed;
  return {
    featureShape,
    outputShape: (fixed?.outputs[0]?.shape.slice(1) as number[] | undefined) ?? featureShape,
    model: fixed,
    reduce: (maps) => (fixed ? (fixed.predictOnBatch(maps) as tf.Tensor) : maps),
    dispose: () => {
      parted?.release();
      model?.dispose();
    },
  };
}

/** A base as it is run over many images. */
export interface BaseRunner {
  /** Images → maps. */
  readonly run: (images: tf.Tensor4D) => tf.Tensor;
  readonly dispose: () => void;
}

/**
 * A copy of a base without its BatchNorms, where it has any that fold, for as long as it takes; some 10 % faster, and
 * as much memory again as the base's weights take.
 */
export function foldedRunner(base: tf.LayersModel): BaseRunner {
  const folded = foldedCopy(base);
  return {
    run: (images) => (folded ?? base).predictOnBatch(images) as tf.Tensor,
    dispose: () => folded?.dispose(),
  };
}
