import type * as tf from '@tensorflow/tfjs';

/** Frees what a model has beyond its base, whose layers it shares: disposing the model would take the base with it. */
export function disposeHeadOf(model: tf.LayersModel, base: tf.LayersModel): void {
  const shared = new Set(base.layers);
  for (const layer of model.layers) if (!shared.has(layer)) layer.dispose();
}
