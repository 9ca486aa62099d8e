import type { OnnxNode, OnnxTensor } from '../schema.js';
import { floatsIn, INT8_MAX, tensorOf } from './numbers.js';

/** Operators with a kernel and a bias, and the axis of the kernel with one entry per output. */
export const KERNEL_AXES: Readonly<Record<string, number>> = { Conv: 0, Gemm: 1 };

/**
 * A bias is stored as int32 in units of input scale · kernel scale, and added to sums of products of up to 255 · 127 each. Half of
 * int32 leaves room for 33,000 of the largest.
 */
const BIAS_MAX = 2 ** 30;

/** Nodes and tensors that replace a constant. */
export interface Replacement {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
}

/** Calls `visit` with each number of a kernel and the output that it belongs to. */
function byOutput(
  values: Float32Array,
  { shape }: OnnxTensor,
  axis: number,
  visit: (value: number, index: number, output: number) => void,
): void {
  const outputs = shape[axis] ?? 1;
  const stride = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  // A plain loop: the kernel of a flattened map has 100 million numbers.
  for (let i = 0; i < values.length; i++) {
    visit(values[i] ?? NaN, i, Math.floor(i / stride) % outputs);
  }
}

/** One scale per output: the largest weight becomes 127, unless the bias would then leave its range. */
function scalesOf(largest: Float64Array, bias: Float32Array | undefined, inputScale: number) {
  return Float32Array.from(largest, (most, output) => {
    const forBias = Math.abs(bias?.[output] ?? 0) / (inputScale * BIAS_MAX);
    const scale = Math.max(most / INT8_MAX, forBias);
    // Float32's smallest normal number is 1e-38: products of scales of less than 1e-30 could become 0.
    return scale > 1e-30 ? scale : 1;
  });
}

function dequantize(name: string, zero: OnnxTensor, axis: number): OnnxNode {
  return {
    ...{ name: `${name}/DequantizeLinear`, op: 'DequantizeLinear', output: name },
    inputs: [`${name}/quantized`, `${name}/scale`, zero.name],
    attributes: { axis },
  };
}

/**
 * Stores a kernel as int8, symmetric, with one scale per output, and its bias as int32.
 *
 * @param inputScale of the activations that it is multiplied by
 */
export function quantizedWeights(
  kernel: OnnxTensor,
  bias: OnnxTensor | undefined,
  axis: number,
  inputScale: number,
): Replacement {
  const values = floatsIn(kernel);
  const added = bias && floatsIn(bias);
  const outputs = kernel.shape[axis] ?? 1;
  const largest = new Float64Array(outputs);
  byOutput(values, kernel, axis, (value, _, output) => {
    largest[output] = Math.max(largest[output] ?? 0, Math.abs(value));
  });
  const scales = scalesOf(largest, added, inputScale);
  const integers = new Int8Array(values.length);
  byOutput(values, kernel, axis, (value, i, output) => {
    integers[i] = Math.round(value / (scales[output] ?? NaN));
  });
  const { name } = kernel;
  const zero = tensorOf(`${name}/zero`, new Int8Array(outputs), [outputs]);
  const nodes = [dequantize(name, zero, axis)];
  const tensors = [
    tensorOf(`${name}/quantized`, integers, kernel.shape),
    tensorOf(`${name}/scale`, scales, [outputs]),
    zero,
  ];
  if (bias !== undefined && added !== undefined) {
    const units = scales.map((scale) => scale * inputScale);
    const none = tensorOf(`${bias.name}/zero`, new Int32Array(outputs), [outputs]);
    nodes.push(dequantize(bias.name, none, 0));
    tensors.push(
      tensorOf(
        `${bias.name}/quantized`,
        Int32Array.from(added, (value, i) => Math.round(value / (units[i] ?? NaN))),
        [outputs],
      ),
      tensorOf(`${bias.name}/scale`, units, [outputs]),
      none,
    );
  }
  return { nodes, tensors };
}
