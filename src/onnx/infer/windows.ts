import { show } from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import { termsOf } from '../einsum.js';
import { broadcast } from './elementwise.js';
import type { Call, Outcome, Rule } from './facts.js';

/** Spatial sizes of a tensor with channels first. */
function positionsOf(call: Call): Shape {
  const shape = call.shape(0);
  return shape.length > 2 ? shape.slice(2) : call.misfit('an input [batch, channels, height, …]');
}

/** One number per axis: an attribute, or a value for all. */
function perAxis(call: Call, name: string, count: number, fallback: number): readonly number[] {
  const given = call.numbers(name);
  if (given === undefined) return Array<number>(count).fill(fallback);
  return given.length === count ? given : call.misfit(`${count} ${name}, got ${show(given)}`);
}

/** The number of positions of a window along each axis. */
function slide(call: Call, kernel: Shape): number[] {
  const sizes = positionsOf(call);
  const rank = sizes.length;
  if (kernel.length !== rank) call.misfit(`a window of ${rank} axes, got ${show(kernel)}`);
  const strides = perAxis(call, 'strides', rank, 1);
  const dilations = perAxis(call, 'dilations', rank, 1);
  const pads = perAxis(call, 'pads', 2 * rank, 0);
  const auto = call.text('auto_pad', 'NOTSET');
  const isCeil = call.number('ceil_mode', 0) === 1;
  return sizes.map((size, axis) => {
    const [stride = 1, before = 0] = [strides[axis], pads[axis]];
    if (stride < 1) call.misfit(`strides of 1 or more, got ${stride}`);
    if (auto.startsWith('SAME')) return Math.ceil(size / stride);
    const padded = auto === 'VALID' ? size : size + before + (pads[axis + rank] ?? 0);
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const steps = (padded - reach) / stride;
    if (steps < 0) call.misfit(`a size of at least ${reach} for its window, got ${padded}`);
    const count = (isCeil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // The last window begins within the map or the padding before it.
    return isCeil && (count - 1) * stride >= size + before ? count - 1 : count;
  });
}

/** Kernels are [outputs, inputs / groups, height, width]. */
const convolution: Rule = (call) => {
  const [batch = 1, channels = 0] = call.shape(0);
  const [outputs = 0, inputs = 0, ...kernel] = call.shape(1);
  const groups = call.number('group', 1);
  if (channels !== inputs * groups) {
    call.misfit(`${inputs * groups} channels for its kernel`);
  }
  return [{ shape: [batch, outputs, ...slide(call, kernel)] }];
};

/** Kernels are [inputs, outputs / groups, height, width]. */
const transposedConvolution: Rule = (call) => {
  const [batch = 1, channels = 0] = call.shape(0);
  const [inputs = 0, outputs = 0, ...kernel] = call.shape(1);
  if (channels !== inputs) call.misfit(`${inputs} channels for its kernel`);
  const sizes = positionsOf(call);
  const rank = sizes.length;
  const strides = perAxis(call, 'strides', rank, 1);
  const dilations = perAxis(call, 'dilations', rank, 1);
  const added = perAxis(call, 'output_padding', rank, 0);
  const pads = perAxis(call, 'pads', 2 * rank, 0);
  const auto = call.text('auto_pad', 'NOTSET');
  const fixed = call.numbers('output_shape')?.slice(-rank);
  const positions = sizes.map((size, axis) => {
    const stride = strides[axis] ?? 1;
    if (auto.startsWith('SAME')) return size * stride;
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const both = (pads[axis] ?? 0) + (pads[axis + rank] ?? 0);
    return stride * (size - 1) + (added[axis] ?? 0) + reach - both;
  });
  return [{ shape: [batch, outputs * call.number('group', 1), ...(fixed ?? positions)] }];
};

/** The second output of `MaxPool` has the positions of the largest numbers. */
const pooling: Rule = (call) => {
  const [batch = 1, channels = 1] = call.shape(0);
  const kernel = call.numbers('kernel_shape') ?? call.misfit('a kernel_shape');
  const shape = [batch, channels, ...slide(call, kernel)];
  return [{ shape }, { shape, type: 'int64' }];
};

const globalPooling: Rule = (call) => {
  const [batch = 1, channels = 1] = call.shape(0);
  return [{ shape: [batch, channels, ...positionsOf(call).map(() => 1)] }];
};

const gemm: Rule = (call) => {
  const turned = (index: number, name: string): Shape => {
    const shape = call.shape(index);
    if (shape.length !== 2) call.misfit('matrices');
    return call.number(name, 0) === 0 ? shape : [...shape].reverse();
  };
  const [rows = 0, inner] = turned(0, 'transA');
  const [other, columns = 0] = turned(1, 'transB');
  if (inner !== other) call.misfit('matrices that fit');
  return [{ shape: [rows, columns] }];
};

const matMul: Rule = (call): Outcome[] => {
  const [a, b] = [call.shape(0), call.shape(1)];
  if (a.length === 0 || b.length === 0) call.misfit('matrices');
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [rows = 0, inner] = left.slice(-2);
  const [other, columns = 0] = right.slice(-2);
  if (inner !== other) call.misfit('matrices that fit');
  const matrix = [...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])];
  return [{ shape: [...broadcast(call, [left.slice(0, -2), right.slice(0, -2)]), ...matrix] }];
};

const einsum: Rule = (call) => {
  const equation = call.text('equation', '');
  const shapes = call.inputs.map((_, i) => call.shape(i));
  const { output } = termsOf(equation, shapes) ?? call.misfit(`shapes of "${equation}"`);
  return [{ shape: output }];
};

/** The same on integers. */
const onIntegers =
  (rule: Rule): Rule =>
  (call) =>
    rule(call)?.map((outcome) => ({ ...outcome, type: 'int32' }));

/** Convolutions, pooling and products of matrices. */
export const windowRules = (): Readonly<Record<string, Rule>> => ({
  AveragePool: pooling,
  Conv: convolution,
  ConvInteger: onIntegers(convolution),
  ConvTranspose: transposedConvolution,
  Einsum: einsum,
  Gemm: gemm,
  GlobalAveragePool: globalPooling,
  GlobalLpPool: globalPooling,
  GlobalMaxPool: globalPooling,
  LpPool: pooling,
  MatMul: matMul,
  MatMulInteger: onIntegers(matMul),
  MaxPool: pooling,
});
