import type * as tf from '@tensorflow/tfjs';
import { type Activated, hasActivation, linear } from './scores.js';

/**
 * Runs `work`, which is synchronous, while the layer that `requireScoring` determines passes on its logits; nothing else sees
 * the change.
 */
export function atLogits<T>(layer: tf.layers.Layer, work: () => T): T {
  const own = Object.getOwnPropertyDescriptor(layer, 'call');
  const activation = hasActivation(layer) ? layer.activation : undefined;
  if (hasActivation(layer)) layer.activation = linear();
  // A layer Softmax has no activation that could be replaced.
  else layer.call = (inputs) => inputs;
  try {
    return work();
  } finally {
    if (activation !== undefined) (layer as unknown as Activated).activation = activation;
    else if (own === undefined) Reflect.deleteProperty(layer, 'call');
    else Object.defineProperty(layer, 'call', own);
  }
}
