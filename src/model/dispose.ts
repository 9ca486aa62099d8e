import type * as tf from '@tensorflow/tfjs';

/** Frees what a model has beyond its base, whose layers it shares: disposing the model would take the base with it. */
export function disposeHeadOf(model: tf.LayersModel, base: tf.LayersModel): void {
  const shared = new Set(base.layers);
  for (const layer of model.layers) if (!shared.has(layer)) layer.dispose();
}

/** Reads a tensor that nobody else needs, and frees it whether or not reading succeeds. */
export async function readAndDispose(
  tensor: tf.Tensor,
): Promise<tf.DataTypeMap[tf.NumericDataType]> {
  try {
    return await tensor.data();
  } finally {
    tensor.dispose();
  }
}
