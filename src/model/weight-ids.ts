import type * as tf from '@tensorflow/tfjs';

/** What identifies a model's weights: TensorFlow.js gives a weight that is set new data. Throws if the model has been disposed. */
export const weightIds = (model: tf.LayersModel): readonly object[] =>
  model.weights.map((weight) => weight.read().dataId);
