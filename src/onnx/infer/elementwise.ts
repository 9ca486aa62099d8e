import { show } from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import { type ElementName, elementName, isFloat } from '../element-types.js';
import { at, type Call, fill, type Outcome, type Rule } from './facts.js';

/** The shape that several are broadcast to (https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md). */
export function broadcast(call: Call, shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((each) => each !== 1) ?? 1;
    const fits = sizes.every((each) => each === 1 || each === size);
    return fits ? size : call.misfit(`shapes that broadcast, got ${show(shapes)}`);
  });
}

type Calculate = (a: number, b: number, c: number) => number;

/** Computes small tensors, whose numbers `calculate` takes from each input. */
const calculated = (
  call: Call,
  shape: Shape,
  calculate: Calculate | undefined,
): readonly number[] | undefined => {
  const facts = call.inputs.map((_, i) => call.facts(i));
  if (calculate === undefined || !facts.every(({ values }) => values)) return undefined;
  return fill(shape, (position) => {
    const [a = NaN, b = NaN, c = NaN] = facts.map((each) => at(each, position));
    return calculate(a, b, c);
  });
};

/** An operator that keeps its first input's shape. Further inputs and outputs don't change it. */
const same =
  (calculate?: (a: number) => number): Rule =>
  (call) => {
    const { shape, values } = call.facts(0);
    const computed = calculate && values?.map((value) => calculate(value));
    return [{ shape, values: computed }];
  };

/** An operator that computes with numbers of the same position. */
const merged =
  (calculate?: Calculate, type?: ElementName): Rule =>
  (call) => {
    const shape = broadcast(
      call,
      call.inputs.map((_, i) => call.shape(i)),
    );
    return [{ shape, type, values: calculated(call, shape, calculate) }];
  };

/** Any number of inputs, two at a time. */
const repeated =
  (calculate: (a: number, b: number) => number): Rule =>
  (call) => {
    const shape = broadcast(
      call,
      call.inputs.map((_, i) => call.shape(i)),
    );
    const isPair = call.inputs.length === 2;
    return [{ shape, values: isPair ? calculated(call, shape, calculate) : undefined }];
  };

/** Integers are divided towards zero. */
const divide: Rule = (call) => {
  const isWhole = !isFloat(call.facts(0).type);
  return merged((a, b) => (isWhole ? Math.trunc(a / b) : a / b))(call);
};

const modulo: Rule = (call) => {
  const isC = call.number('fmod', 0) === 1;
  // Otherwise the sign is that of the divisor, as in Python.
  return merged((a, b) => (isC ? a % b : a - b * Math.floor(a / b)))(call);
};

const where: Rule = (call) => {
  const shape = broadcast(
    call,
    [0, 1, 2].map((i) => call.shape(i)),
  );
  const values = calculated(call, shape, (condition, a, b) => (condition === 0 ? b : a));
  return [{ shape, type: call.facts(1).type, values }];
};

const cast: Rule = (call) => {
  const { shape, values } = call.facts(0);
  const type = elementName(call.number('to', 0));
  const to = (value: number) =>
    isFloat(type) ? value : type === 'bool' ? Number(value !== 0) : Math.trunc(value);
  return [{ shape, type, values: values?.map(to) }];
};

const castLike: Rule = (call) => [{ shape: call.shape(0), type: call.facts(1).type }];

/** Quantized numbers have the zero point's type. */
const quantize: Rule = (call) => [
  { shape: call.shape(0), type: call.has(2) ? call.facts(2).type : 'uint8' },
];

/** Its scale and zero point are computed from all numbers. */
const dynamicQuantize: Rule = (call) => [
  { shape: call.shape(0), type: 'uint8' },
  { shape: [], type: 'float32' },
  { shape: [], type: 'uint8' },
];

const dequantize: Rule = (call) => [{ shape: call.shape(0), type: call.facts(1).type }];

const dropout: Rule = (call) => [
  { shape: call.shape(0), values: call.values(0) },
  { shape: call.shape(0), type: 'bool' },
];

/** The mean and deviation have one number per normalized vector. */
const layerNormalization: Rule = (call) => {
  const shape = call.shape(0);
  const axis = call.axis(call.number('axis', -1), shape.length);
  const statistics: Outcome = {
    shape: shape.map((size, i) => (i < axis ? size : 1)),
    type: 'float32',
  };
  return [{ shape }, statistics, statistics];
};

const truth = (test: (a: number, b: number) => boolean): Rule =>
  merged((a, b) => Number(test(a, b)), 'bool');

const KEEPING = [
  ...['Celu', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Log', 'Mish'],
  ...['Relu', 'Selu', 'Sigmoid', 'Softplus', 'Softsign', 'Swish', 'Tanh', 'ThresholdedRelu'],
  ...['Softmax', 'LogSoftmax', 'Hardmax', 'Clip', 'PRelu', 'Cos', 'Sin', 'Sign', 'Reciprocal'],
  ...['BatchNormalization', 'InstanceNormalization', 'GroupNormalization', 'RMSNormalization'],
  ...['LpNormalization', 'LRN', 'MeanVarianceNormalization', 'CumSum', 'Trilu'],
];

/** Operators that keep shapes, or broadcast them. */
export const elementwiseRules = (): Readonly<Record<string, Rule>> => ({
  ...Object.fromEntries(KEEPING.map((op) => [op, same()])),
  Abs: same(Math.abs),
  Ceil: same(Math.ceil),
  Floor: same(Math.floor),
  Identity: same((a) => a),
  Neg: same((a) => -a),
  Not: same((a) => Number(a === 0)),
  Round: same(),
  Sqrt: same(Math.sqrt),
  Cast: cast,
  CastLike: castLike,
  DequantizeLinear: dequantize,
  Dropout: dropout,
  DynamicQuantizeLinear: dynamicQuantize,
  LayerNormalization: layerNormalization,
  QuantizeLinear: quantize,
  Add: merged((a, b) => a + b),
  And: truth((a, b) => a !== 0 && b !== 0),
  Div: divide,
  Equal: truth((a, b) => a === b),
  Greater: truth((a, b) => a > b),
  GreaterOrEqual: truth((a, b) => a >= b),
  Less: truth((a, b) => a < b),
  LessOrEqual: truth((a, b) => a <= b),
  Max: repeated(Math.max),
  Mean: merged(),
  Min: repeated(Math.min),
  Mod: modulo,
  Mul: merged((a, b) => a * b),
  Or: truth((a, b) => a !== 0 || b !== 0),
  Pow: merged((a, b) => a ** b),
  Sub: merged((a, b) => a - b),
  Sum: merged(),
  Where: where,
  Xor: truth((a, b) => (a !== 0) !== (b !== 0)),
});
