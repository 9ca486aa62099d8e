import type * as tf from '@tensorflow/tfjs';

/**
 * Applies the layers behind `output` again, from other inputs; weights are shared, not copied.
 *
 * @param output the tensor to arrive at
 * @param replaced what stands in for a tensor of the old graph, by the old tensor's id; every path
 *   back from `output` has to meet one
 * @param unreached called with a tensor that has no layer behind it and no replacement; it throws
 */
export function replay(
  output: tf.SymbolicTensor,
  replaced: ReadonlyMap<number, tf.SymbolicTensor>,
  unreached: (tensor: tf.SymbolicTensor) => never,
): tf.SymbolicTensor {
  const known = new Map(replaced);

  const visit = (tensor: tf.SymbolicTensor): tf.SymbolicTensor => {
    const seen = known.get(tensor.id);
    if (seen !== undefined) return seen;
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex];
    // An input layer names its own output as its input.
    if (node === undefined || node.inputTensors.includes(tensor)) return unreached(tensor);
    const inputs = node.inputTensors.map(visit);
    const [input] = inputs;
    const applied = layer.apply(inputs.length === 1 && input ? input : inputs, node.callArgs);
    const outputs = (Array.isArray(applied) ? applied : [applied]) as tf.SymbolicTensor[];
    for (const [index, old] of node.outputTensors.entries()) {
      const fresh = outputs[index];
      if (fresh !== undefined) known.set(old.id, fresh);
    }
    return known.get(tensor.id) ?? unreached(tensor);
  };

  return visit(output);
}
