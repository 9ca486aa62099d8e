import type * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { attachHead } from '../model/attach.js';
import { disposeHeadOf } from '../model/dispose.js';

/** A head that was trained or loaded by itself, on a backbone that stays the caller's. */
interface Headed {
  readonly backbone: Backbone;
  /** Features → scores. */
  readonly head: tf.LayersModel;
}

/** The classifier's own models. */
export type Owned =
  | { readonly kind: 'whole'; readonly model: tf.LayersModel }
  | (Headed & {
      readonly kind: 'headed';
      readonly model: tf.LayersModel;
      readonly ownsBackbone: boolean;
    });

/** Puts a head on a backbone. */
export function headed({ backbone, head }: Headed, ownsBackbone: boolean): Owned {
  const model = attachHead(backbone.model, head);
  return { kind: 'headed', model, backbone, head, ownsBackbone };
}

/** Lets go of what {@link headed} put together; TensorFlow.js frees a layer at as many disposals as it was applied. */
export function release(owned: Owned): void {
  if (owned.kind === 'headed') disposeHeadOf(owned.model, owned.backbone.model);
}

/** Frees all that is the classifier's. */
export function disposeOwned(owned: Owned): void {
  if (owned.kind === 'whole') {
    owned.model.dispose();
    return;
  }
  release(owned);
  owned.head.dispose();
  if (owned.ownsBackbone) owned.backbone.dispose();
}
