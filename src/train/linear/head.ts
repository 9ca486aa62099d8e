import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { countCalls } from '../../model/graph.js';
import type { Linear } from './loss.js';

/** A dense layer's attributes that TensorFlow.js's types leave out. */
interface DenseLike {
  readonly useBias: boolean;
}

/**
 * The dense layer that is all of a head's trainable part, so that its loss is convex in the weights; undefined if the part has
 * other layers with weights, a random layer, or takes maps.
 */
export function linearLayerOf(learning: tf.LayersModel): tf.layers.Layer | undefined {
  const input = learning.inputs[0];
  const [layer, ...others] = learning.layers.filter((each) => each.getClassName() !== 'InputLayer');
  if (layer === undefined || others.length > 0 || input?.shape.length !== 2) return undefined;
  if (layer.getClassName() !== 'Dense' || !layer.trainable) return undefined;
  if (countCalls(learning, layer) > 1) return undefined;
  return (layer as unknown as DenseLike).useBias ? layer : undefined;
}

/**
 * The logits of the layer that {@link linearLayerOf} returns. TensorFlow.js's own call of a layer also computes the gradient of its
 * inputs, a third of a step's matrix products.
 */
export function logitsFrom(layer: tf.layers.Layer): (inputs: tf.Tensor) => tf.Tensor {
  const [kernel, bias] = layer.weights;
  return (inputs) =>
    tf
      .matMul(inputs as tf.Tensor2D, present(kernel, 'kernel').read() as tf.Tensor2D)
      .add(present(bias, 'bias').read());
}

/** Sets a dense layer's weights. */
export function setLinear(layer: tf.layers.Layer, { kernel, bias }: Linear): void {
  const weights = tf.tidy(() => [
    tf.tensor2d(kernel, [bias.length, kernel.length / bias.length]).transpose(),
    tf.tensor1d(bias),
  ]);
  layer.setWeights(weights);
  tf.dispose(weights);
}
