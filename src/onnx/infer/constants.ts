import { elements, numbersOf } from '../tensor.js';
import { factsOf, fill, type Outcome, type Rule } from './facts.js';

/** The value is one of the attributes. */
const constant: Rule = (call) => {
  const tensor = call.tensor('value');
  if (tensor !== undefined) {
    const { shape, type, values } = factsOf(tensor);
    return [{ shape, type, values }];
  }
  for (const [kind, type] of [
    ['int', 'int64'],
    ['float', 'float32'],
  ] as const) {
    const one = call.number(`value_${kind}`, undefined);
    if (one !== undefined) return [{ shape: [], type, values: [one] }];
    const values = call.numbers(`value_${kind}s`);
    if (values !== undefined) return [{ shape: [values.length], type, values }];
  }
  return undefined;
};

/** Without a value it is 0 in float32. */
const constantOfShape: Rule = (call) => {
  const shape = call.values(0);
  if (shape === undefined) return undefined;
  const value = call.tensor('value');
  const [number = 0] = (value && numbersOf(value, 1)) ?? [];
  return [{ shape, type: value?.type ?? 'float32', values: fill(shape, () => number) }];
};

/** The sizes of the input: numbers from here on. */
const shapeOf: Rule = (call) => {
  const shape = call.shape(0);
  const values = shape.slice(call.number('start', 0), call.number('end', shape.length));
  return [{ shape: [values.length], type: 'int64', values }];
};

const sizeOf: Rule = (call) => [{ shape: [], type: 'int64', values: [elements(call.shape(0))] }];

const range: Rule = (call) => {
  const [start, limit, step] = [0, 1, 2].map((i) => call.values(i)?.[0]);
  if (start === undefined || limit === undefined || step === undefined) return undefined;
  const count = Math.max(0, Math.ceil((limit - start) / step));
  return [{ shape: [count], values: fill([count], ([i = 0]) => start + i * step) }];
};

const REDUCERS: Readonly<Record<string, ((a: number, b: number) => number) | undefined>> = {
  ReduceMax: Math.max,
  ReduceMin: Math.min,
  ReduceProd: (a, b) => a * b,
  ReduceSum: (a, b) => a + b,
};

/** The axes became an input in version 18, of `ReduceSum` in 13. */
const reduction: Rule = (call) => {
  const { shape, values } = call.facts(0);
  const given = call.given('axes', 1);
  if (given === 'unknown') return undefined;
  const isNone = given === undefined || given.length === 0;
  const all = isNone && call.number('noop_with_empty_axes', 0) === 0;
  const axes = (given ?? []).map((axis) => call.axis(axis, shape.length));
  const isReduced = (axis: number) => all || axes.includes(axis);
  const keeps = call.number('keepdims', 1) === 1;
  const reducer = REDUCERS[call.node.op];
  // Of all numbers, as for the product of sizes.
  const isWhole = shape.every((_, axis) => isReduced(axis));
  const whole =
    reducer && values && values.length > 0 && isWhole ? [values.reduce(reducer)] : undefined;
  return [
    {
      shape: shape.flatMap((size, axis) => (isReduced(axis) ? (keeps ? [1] : []) : [size])),
      values: whole,
    },
  ];
};

const indexOfMost: Rule = (call): Outcome[] => {
  const shape = call.shape(0);
  const axis = call.axis(call.number('axis', 0), shape.length);
  const keeps = call.number('keepdims', 1) === 1;
  const kept = shape.flatMap((size, i) => (i === axis ? (keeps ? [1] : []) : [size]));
  return [{ shape: kept, type: 'int64' }];
};

const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum'];

/** Constants, sizes as numbers, and reductions. */
export const constantRules = (): Readonly<Record<string, Rule>> => ({
  ...Object.fromEntries([...REDUCTIONS, 'SumSquare'].map((kind) => [`Reduce${kind}`, reduction])),
  ArgMax: indexOfMost,
  ArgMin: indexOfMost,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: shapeOf,
  Size: sizeOf,
});
