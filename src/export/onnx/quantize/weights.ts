import type { OnnxNode, OnnxTensor } from '../schema.js';
import { floatsIn } from '../tensor.js';
import { INT8_MAX, tensorOf } from './numbers.js';

/** Operators with a kernel and a bias, and the axis of the kernel with one entry per output. */
export const KERNEL_AXES: Readonly<Record<string, number>> = { Conv: 0, Gemm: 1 };

/**
 * A bias is stored as int32 in units of input scale · kernel scale, and added to sums of products of up to 255 · 127 each. Half of
 * int32 leaves room for 33,000 of the largest.
 */
const BIAS_MAX = 2 ** 30;

/**
 * Processors with AVX2 and without VNNI, which came with AVX-512 in 2019 and to others in 2021, add two products of uint8 and int8 in
 * int16, where 32,767 is the largest number. At 127, rounding up included, two products are at most 255 · 128 = 32,640. Without this limit a MobileNet's
 * features have a cosine of 0.977 with float32's there, and 0.9998 elsewhere.
 */
const PAIR_MAX = 127;

/** Float32's smallest normal number is 1e-38: the product with an activation's scale must not become 0. */
const SMALLEST_SCALE = 1e-30;

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

/** The activations that a kernel is multiplied by. */
export interface Multiplied {
  /** The kernel's axis with one entry per output. */
  readonly axis: number;
  /** Whether each output has one input channel: ONNX Runtime then doesn't add products in int16. */
  readonly isDepthwise: boolean;
  /** Scale of the activations. */
  readonly scale: number;
  /** Mean of each channel of the activations. */
  readonly means: Float32Array | undefined;
}

/** The two largest absolute weights of an output. */
type Largest = readonly [first: Float64Array, second: Float64Array];

function largestOf(kernel: OnnxTensor, values: Float32Array, axis: number): Largest {
  const outputs = kernel.shape[axis] ?? 1;
  const [first, second] = [new Float64Array(outputs), new Float64Array(outputs)];
  byOutput(values, kernel, axis, (value, _, output) => {
    const size = Math.abs(value);
    const most = first[output] ?? NaN;
    if (size > most) first[output] = size;
    second[output] = Math.max(second[output] ?? NaN, Math.min(size, most));
  });
  return [first, second];
}

/** One scale per output, as fine as {@link INT8_MAX}, {@link PAIR_MAX} and {@link BIAS_MAX} allow. */
function scalesOf(
  [first, second]: Largest,
  bias: Float32Array,
  { scale: inputScale, isDepthwise }: Multiplied,
): Float32Array {
  return Float32Array.from(first, (most, output) => {
    const both = isDepthwise ? 0 : most + (second[output] ?? NaN);
    const forBias = Math.abs(bias[output] ?? 0) / (inputScale * BIAS_MAX);
    const scale = Math.max(most / INT8_MAX, both / PAIR_MAX, forBias);
    return scale > SMALLEST_SCALE ? scale : 1;
  });
}

/** A kernel, and its integers. */
interface Rounded {
  readonly kernel: OnnxTensor;
  readonly values: Float32Array;
  readonly integers: Int8Array;
  /** Of each output. */
  readonly scales: Float32Array;
}

/**
 * How much rounding moves the mean of each output, from the means of the inputs. Rounding errors of a kernel are small, but they are the
 * same for all pictures and positions, and a depthwise kernel has too few weights for them to even out. Without this, a MobileNet's
 * features turn by four degrees, and a head that was trained on the float32 features loses 5 points of accuracy on sign-digits
 * (Nagel et al. 2019, https://arxiv.org/abs/1906.04721).
 */
function shiftsOf(
  { kernel: { shape }, values, integers, scales }: Rounded,
  { axis, means }: Multiplied,
): Float64Array | undefined {
  const [outputs = 1, inputs = 1, ...window] = shape;
  // Of a flattened map, the mean of each channel is known, not of each position.
  if (means === undefined || axis !== 0) return undefined;
  const each = values.length / outputs;
  const positions = window.reduce((product, size) => product * size, 1);
  const groups = means.length / inputs;
  return Float64Array.from({ length: outputs }, (_, output) => {
    const firstChannel = Math.floor((output * groups) / outputs) * inputs;
    const scale = scales[output] ?? NaN;
    let shift = 0;
    for (let i = 0; i < each; i++) {
      const index = output * each + i;
      const error = (integers[index] ?? NaN) * scale - (values[index] ?? NaN);
      shift += error * (means[firstChannel + Math.floor(i / positions)] ?? NaN);
    }
    return shift;
  });
}

function rounded(kernel: OnnxTensor, bias: Float32Array, multiplied: Multiplied): Rounded {
  const { axis } = multiplied;
  const values = floatsIn(kernel);
  const scales = scalesOf(largestOf(kernel, values, axis), bias, multiplied);
  const integers = new Int8Array(values.length);
  byOutput(values, kernel, axis, (value, i, output) => {
    integers[i] = Math.round(value / (scales[output] ?? NaN));
  });
  return { kernel, values, integers, scales };
}

/** A constant as integers, and the operator that converts them. */
function stored(
  { name, shape }: Pick<OnnxTensor, 'name' | 'shape'>,
  integers: Int8Array | Int32Array,
  scales: Float32Array,
  axis: number,
): Replacement {
  const size = scales.length;
  const zeros = integers instanceof Int8Array ? new Int8Array(size) : new Int32Array(size);
  const parts = [
    tensorOf(`${name}/quantized`, integers, shape),
    tensorOf(`${name}/scale`, scales, [size]),
    tensorOf(`${name}/zero`, zeros, [size]),
  ];
  const node: OnnxNode = {
    ...{ name: `${name}/DequantizeLinear`, op: 'DequantizeLinear', output: name },
    inputs: parts.map((part) => part.name),
    attributes: { axis },
  };
  return { nodes: [node], tensors: parts };
}

/** Name of the bias that a kernel without one gets. */
export const biasFor = (kernel: string): string => `${kernel}/bias`;

/**
 * Stores a kernel as int8, symmetric, with one scale per output, and its bias as int32. The bias also undoes what rounding the kernel
 * does to the mean of each output.
 */
export function quantizedWeights(
  kernel: OnnxTensor,
  bias: OnnxTensor | undefined,
  multiplied: Multiplied,
): Replacement {
  const outputs = kernel.shape[multiplied.axis] ?? 1;
  const added = bias ? floatsIn(bias) : new Float32Array(outputs);
  const own = rounded(kernel, added, multiplied);
  const { integers, scales } = own;
  const shifts = shiftsOf(own, multiplied);
  const units = scales.map((scale) => scale * multiplied.scale);
  const corrected = Int32Array.from(added, (value, i) =>
    Math.round((value - (shifts?.[i] ?? 0)) / (units[i] ?? NaN)),
  );
  const replaced = [
    stored(kernel, integers, scales, multiplied.axis),
    stored({ name: bias?.name ?? biasFor(kernel.name), shape: [outputs] }, corrected, units, 0),
  ];
  return {
    nodes: replaced.flatMap(({ nodes }) => nodes),
    tensors: replaced.flatMap(({ tensors }) => tensors),
  };
}
