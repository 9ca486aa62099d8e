import type * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';

/** One application of a layer, with its inputs and outputs; TensorFlow.js calls it a node. */
export type Call = tf.layers.Layer['inboundNodes'][number];

/** The call that computes a tensor. */
export const callOf = ({ name, sourceLayer, nodeIndex }: tf.SymbolicTensor): Call =>
  present(sourceLayer.inboundNodes[nodeIndex], `the layer call that computes "${name}"`);

/** How many times a model's outputs use a layer. */
export function countCalls(model: tf.LayersModel, layer: tf.layers.Layer): number {
  const seen = new Set<number>();
  const calls = new Set<Call>();
  const visit = (tensor: tf.SymbolicTensor): void => {
    if (seen.has(tensor.id)) return;
    seen.add(tensor.id);
    if (tensor.sourceLayer === layer) calls.add(callOf(tensor));
    inputsOf(tensor).forEach(visit);
  };
  model.outputs.forEach(visit);
  return calls.size;
}

/** The tensors that a tensor is computed from; none for an input, whose layer lists its own output as its input. */
export const inputsOf = (tensor: tf.SymbolicTensor): tf.SymbolicTensor[] =>
  callOf(tensor).inputTensors.filter(({ id }) => id !== tensor.id);
