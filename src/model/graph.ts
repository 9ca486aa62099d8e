import type * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';

/** One application of a layer, with its inputs and outputs; TensorFlow.js calls it a node. */
export type Call = tf.layers.Layer['inboundNodes'][number];

/** The call that computes a tensor. */
export const callOf = ({ name, sourceLayer, nodeIndex }: tf.SymbolicTensor): Call =>
  present(sourceLayer.inboundNodes[nodeIndex], `the layer call that computes "${name}"`);

/** The tensors that a tensor is computed from; none for an input, whose layer lists its own output as its input. */
export const inputsOf = (tensor: tf.SymbolicTensor): tf.SymbolicTensor[] =>
  callOf(tensor).inputTensors.filter(({ id }) => id !== tensor.id);
