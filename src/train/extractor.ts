import type * as tf from '@tensorflow/tfjs';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { partHead } from './part-head.js';

/** The fixed part of a head, usually its pooling, which is computed together with the features. */
export interface Reduction {
  /** Shape of the base's feature map, `[h, w, c]`. */
  readonly featureShape: Shape;
  /** Shape of the result of {@link Reduction.model} for one image. */
  readonly outputShape: Shape;
  /** The model that reduces a map; undefined if it stays as it is. */
  readonly model: tf.LayersModel | undefined;
  readonly dispose: () => void;
}

/** @throws ArgumentError if the base has no feature map */
export function reductionOf(base: tf.LayersModel, head: Head | undefined): Reduction {
  requireLayersModel('base', base);
  const featureShape = requireFeatureMap('base', base).shape.slice(1) as number[];
  // The fixed part has no weights, so none need to be initialised.
  const model = head && buildHead(head, featureShape, { weights: 'pending' });
  const parted = model && partHead(model);
  const fixed = parted?.fixed;
  return {
    featureShape,
    outputShape: (fixed?.outputs[0]?.shape.slice(1) as number[] | undefined) ?? featureShape,
    model: fixed,
    dispose: () => {
      parted?.release();
      model?.dispose();
    },
  };
}
