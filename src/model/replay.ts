import type * as tf from '@tensorflow/tfjs';
import { type Call, callOf, inputsOf } from './graph.js';

type Tensors = tf.SymbolicTensor | tf.SymbolicTensor[];

/** What a layer's inputs become in the new graph. */
export type Apply = (
  layer: tf.layers.Layer,
  inputs: Tensors,
  callArgs: Call['callArgs'],
) => Tensors;

const applyAgain: Apply = (layer, inputs, callArgs) => layer.apply(inputs, callArgs) as Tensors;

/**
 * Applies the layers behind `outputs` again, from other inputs; weights are shared, not copied.
 *
 * @param outputs the tensors to arrive at
 * @param replaced what stands in for a tensor of the old graph, by the old tensor's id; every path
 *   back from `outputs` has to meet one
 * @param unreached called with a tensor that has no layer behind it and no replacement; it throws
 * @param apply what is done where the old graph has a layer; by default, that layer is applied
 */
export function replayAll(
  outputs: readonly tf.SymbolicTensor[],
  replaced: ReadonlyMap<number, tf.SymbolicTensor>,
  unreached: (tensor: tf.SymbolicTensor) => never,
  apply = applyAgain,
): tf.SymbolicTensor[] {
  const known = new Map(replaced);

  const visit = (tensor: tf.SymbolicTensor): tf.SymbolicTensor => {
    const seen = known.get(tensor.id);
    if (seen !== undefined) return seen;
    const inputs = inputsOf(tensor).map(visit);
    const [input, ...others] = inputs;
    if (input === undefined) return unreached(tensor);
    const { callArgs, outputTensors } = callOf(tensor);
    const applied = apply(tensor.sourceLayer, others.length === 0 ? input : inputs, callArgs);
    const fresh = Array.isArray(applied) ? applied : [applied];
    for (const [index, old] of outputTensors.entries()) {
      const now = fresh[index];
      if (now !== undefined) known.set(old.id, now);
    }
    return known.get(tensor.id) ?? unreached(tensor);
  };

  return outputs.map(visit);
}

/** {@link replayAll} for one output. */
export function replay(
  output: tf.SymbolicTensor,
  replaced: ReadonlyMap<number, tf.SymbolicTensor>,
  unreached: (tensor: tf.SymbolicTensor) => never,
): tf.SymbolicTensor {
  const [replayed] = replayAll([output], replaced, unreached);
  return replayed ?? unreached(output);
}
