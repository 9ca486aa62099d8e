import type { OnnxModel, OnnxNode, OnnxTensor } from '../schema.js';
import type { Statistics } from './calibrate.js';
import { type Affine, tensorOf } from './numbers.js';
import { planQuantization } from './plan.js';
import { biasFor, KERNEL_AXES, quantizedWeights } from './weights.js';

const scaleName = (tensor: string) => `${tensor}/scale`;
const zeroName = (tensor: string) => `${tensor}/zero`;

/** A `QuantizeLinear` and a `DequantizeLinear`, which runtimes merge with the operators around them into one on integers. */
function pair(tensor: string, from: string, to: string): OnnxNode[] {
  const step = (op: string, input: string, output: string): OnnxNode => ({
    ...{ name: `${tensor}/${op}`, op, output, attributes: {} },
    inputs: [input, scaleName(tensor), zeroName(tensor)],
  });
  const middle = `${tensor}/uint8`;
  return [step('QuantizeLinear', from, middle), step('DequantizeLinear', middle, to)];
}

const constantsOf = (tensor: string, { scale, zeroPoint }: Affine): OnnxTensor[] => [
  tensorOf(scaleName(tensor), Float32Array.of(scale), []),
  tensorOf(zeroName(tensor), Uint8Array.of(zeroPoint), []),
];

/**
 * Quantises a graph to int8: kernels symmetric with one scale per output, biases int32, activations uint8 with one scale and zero
 * point per tensor, written as pairs of `QuantizeLinear` and `DequantizeLinear`. Input and output stay float32.
 *
 * @param statisticsOf what was measured of a tensor; what comes after one that has nothing stays float32
 * @param staysFloat operators to leave in float32
 */
export function quantized(
  model: OnnxModel,
  statisticsOf: (tensor: string) => Statistics | undefined,
  staysFloat: (node: OnnxNode) => boolean,
): OnnxModel {
  const { activations, weighted, integer } = planQuantization(model, statisticsOf, staysFloat);
  const constants = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const added: OnnxTensor[] = [...activations].flatMap(([name, affine]) =>
    constantsOf(name, affine),
  );
  // A map has the same channels in either layout.
  const sources = new Map(
    model.nodes
      .filter(({ op }) => op === 'Transpose')
      .map(({ inputs: [from = ''], output }) => [output, from]),
  );
  const nodes: OnnxNode[] = [];
  const input = model.input.name;
  // The input keeps its name, so its integers get another.
  const ofInput = `${input}/DequantizeLinear`;
  if (activations.has(input)) nodes.push(...pair(input, input, ofInput));
  for (const node of model.nodes) {
    const [first = '', kernel = '', bias = biasFor(kernel)] = node.inputs;
    const weights = weighted.has(node) ? constants.get(kernel) : undefined;
    let inputs = node.inputs;
    if (weights !== undefined) {
      const made = quantizedWeights(weights, constants.get(bias), {
        axis: KERNEL_AXES[node.op] ?? 0,
        isDepthwise: weights.shape[1] === 1 && Number(node.attributes['group']) > 1,
        scale: activations.get(first)?.scale ?? NaN,
        means: statisticsOf(sources.get(first) ?? first)?.means,
      });
      for (const name of [kernel, bias]) constants.delete(name);
      nodes.push(...made.nodes);
      added.push(...made.tensors);
      inputs = [first, kernel, bias];
    }
    if (integer.has(node) && activations.has(input)) {
      inputs = inputs.map((each) => (each === input ? ofInput : each));
    }
    const { output } = node;
    const isStored = activations.has(output);
    const float = `${output}/float32`;
    nodes.push({ ...node, inputs, output: isStored ? float : output });
    if (isStored) nodes.push(...pair(output, float, output));
  }
  return { ...model, nodes, tensors: [...constants.values(), ...added] };
}
