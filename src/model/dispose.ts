import type * as tf from '@tensorflow/tfjs';

/** Disposes the layers that a model doesn't share with its base; disposing the model would dispose the base, too. */
export function disposeHeadOf(model: tf.LayersModel, base: tf.LayersModel): void {
  const shared = new Set(base.layers);
  for (const layer of model.layers) if (!shared.has(layer)) layer.dispose();
}

/** Reads and disposes a tensor, which is also disposed if reading fails. */
export async function readAndDispose(
  tensor: tf.Tensor,
): Promise<tf.DataTypeMap[tf.NumericDataType]> {
  try {
    return await tensor.data();
  } finally {
    tensor.dispose();
  }
}
