import type * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';

/** One application of a layer, with what it took and gave; TensorFlow.js calls it a node. */
export type Call = tf.layers.Layer['inboundNodes'][number];

/** The call that gave a tensor. */
export const callOf = ({ name, sourceLayer, nodeIndex }: tf.SymbolicTensor): Call =>
  present(sourceLayer.inboundNodes[nodeIndex], `the call of a layer that gives "${name}"`);

/** What a tensor is computed from; nothing for an input, whose layer names its own output as its input. */
export const inputsOf = (tensor: tf.SymbolicTensor): tf.SymbolicTensor[] =>
  callOf(tensor).inputTensors.filter(({ id }) => id !== tensor.id);
