import type * as tf from '@tensorflow/tfjs';
import { type Call, callOf, inputsOf } from './graph.js';

/** A tensor of the new graph; or, if layers are applied to values, a value. */
type Replayed = tf.SymbolicTensor | tf.Tensor;

/** Computes what replaces a layer's outputs in the new graph. */
export type Apply<T extends Replayed = tf.SymbolicTensor> = (
  layer: tf.layers.Layer,
  inputs: T | T[],
  callArgs: Call['callArgs'],
) => T | T[];

/** For a graph whose paths all meet a replacement. */
export const unreached = ({ name }: tf.SymbolicTensor): never => {
  throw new Error(`${name} doesn't depend on the features`);
};

/**
 * Applies the layers that lead to `outputs` again, from other inputs; weights are shared, not copied. From values it computes values, as
 * `predict` does; run it in `tf.tidy` then.
 *
 * @param outputs the tensors to recompute
 * @param replaced replacements of tensors of the old graph, by the old tensor's id; every path back from `outputs` must meet one
 * @param unreached called for a tensor that has neither a layer that computes it nor a replacement; it throws
 * @param apply called for each layer of the old graph; by default, that layer is applied
 */
export function replayAll<T extends Replayed>(
  outputs: readonly tf.SymbolicTensor[],
  replaced: ReadonlyMap<number, T>,
  unreached: (tensor: tf.SymbolicTensor) => never,
  apply: Apply<T> = (layer, inputs, callArgs) =>
    layer.apply(inputs as tf.Tensor | tf.Tensor[], callArgs) as T | T[],
): T[] {
  const known = new Map(replaced);

  const visit = (tensor: tf.SymbolicTensor): T => {
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
