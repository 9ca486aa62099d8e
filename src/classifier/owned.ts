import type * as tf from '@tensorflow/tfjs';
import { type Backbone, backboneOf } from '../backbone/backbone.js';
import { attachHead } from '../model/attach.js';
import { disposeHeadOf } from '../model/dispose.js';
import { baseOf } from '../model/split.js';
import type { ImageFormat } from '../pictures/set.js';

/** A classifier's models, and what of them it has to dispose. */
export interface Owned {
  /** Preprocessed images → scores. */
  readonly model: tf.LayersModel;
  /** @throws ArgumentError if the model can't be split */
  backbone(): Backbone;
  /** Whether the classifier's own backbone has been given out, so that others may be using it. */
  lends(): boolean;
  /** Disposes what the classifier owns. */
  dispose(): void;
}

/** A whole model that the classifier owns. */
export function ownWhole(model: tf.LayersModel, format: ImageFormat, name: string): Owned {
  let view: Backbone | undefined;
  return {
    model,
    backbone() {
      // The classifier disposes it.
      view ??= { ...backboneOf(baseOf(model), { ...format, name }), dispose: () => undefined };
      return view;
    },
    lends: () => view !== undefined,
    dispose: () => {
      model.dispose();
    },
  };
}

/** A head that the classifier owns, on a backbone that remains the caller's. */
export function ownHead(backbone: Backbone, head: tf.LayersModel): Owned {
  const model = attachHead(backbone.model, head);
  return {
    model,
    backbone: () => backbone,
    lends: () => false,
    dispose: () => {
      // TensorFlow.js frees a layer once it has been disposed as often as it was applied.
      disposeHeadOf(model, backbone.model);
      head.dispose();
    },
  };
}
