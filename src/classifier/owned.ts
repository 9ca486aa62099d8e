import type * as tf from '@tensorflow/tfjs';
import { type Backbone, backboneOf } from '../backbone/backbone.js';
import { attachHead } from '../model/attach.js';
import { disposeHeadOf } from '../model/dispose.js';
import { baseOf } from '../model/split.js';
import type { ImageFormat } from '../pictures/set.js';

/** The models of a classifier. */
export interface Owned {
  /** Preprocessed images → scores. */
  readonly model: tf.LayersModel;
  /** @throws ArgumentError where the model can't be cut */
  backbone(): Backbone;
  /** Whether {@link Owned.backbone} was handed out, and belongs to the classifier. */
  lends(): boolean;
  /** Frees what is the classifier's. */
  dispose(): void;
}

/** A model that is the classifier's from its input to its scores. */
export function ownWhole(model: tf.LayersModel, format: ImageFormat, name: string): Owned {
  let view: Backbone | undefined;
  return {
    model,
    backbone() {
      // The classifier frees it.
      view ??= { ...backboneOf(baseOf(model), { ...format, name }), dispose: () => undefined };
      return view;
    },
    lends: () => view !== undefined,
    dispose: () => {
      model.dispose();
    },
  };
}

/** A head that is the classifier's, on a backbone that stays the caller's. */
export function ownHead(backbone: Backbone, head: tf.LayersModel): Owned {
  const model = attachHead(backbone.model, head);
  return {
    model,
    backbone: () => backbone,
    lends: () => false,
    dispose: () => {
      // TensorFlow.js frees a layer at as many disposals as it was applied.
      disposeHeadOf(model, backbone.model);
      head.dispose();
    },
  };
}
