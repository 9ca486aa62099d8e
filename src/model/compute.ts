import type * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { callOf, inputsOf } from './graph.js';

/**
 * Computes outputs of a model from tensors in its middle, as `predict` does from its inputs. Run it in `tf.tidy`.
 *
 * @param known values by the id of the symbolic tensor; every path back from `outputs` must meet one
 */
export function computeFrom(
  outputs: readonly tf.SymbolicTensor[],
  known: ReadonlyMap<number, tf.Tensor>,
): tf.Tensor[] {
  const values = new Map(known);
  const visit = (tensor: tf.SymbolicTensor): tf.Tensor => {
    const value = values.get(tensor.id);
    if (value !== undefined) return value;
    const inputs = inputsOf(tensor).map(visit);
    const { callArgs, outputTensors } = callOf(tensor);
    const [input, ...others] = inputs;
    const all = others.length === 0 ? present(input, `the input of "${tensor.name}"`) : inputs;
    const computed = tensor.sourceLayer.apply(all, callArgs) as tf.Tensor | tf.Tensor[];
    const found = Array.isArray(computed) ? computed : [computed];
    for (const [i, { id }] of outputTensors.entries()) values.set(id, present(found[i], 'output'));
    return present(values.get(tensor.id), tensor.name);
  };
  return outputs.map(visit);
}
