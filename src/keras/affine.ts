import { show } from '../errors.js';
import type { Factors } from '../layers/factory.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import { isObject } from '../json.js';
import type { Output } from './calls.js';
import { inputOf, type Rule, type Scope } from './scope.js';

/** Keras's `backend.epsilon()`, the smallest standard deviation that Normalization uses. */
const MIN_DEVIATION = 1e-7;

const each = (factors: Factors, of: (factor: number) => number): Factors =>
  typeof factors === 'number' ? of(factors) : factors.map(of);
export const negative = (factors: Factors): Factors => each(factors, (factor) => -factor);
export const inverse = (factors: Factors): Factors => each(factors, (factor) => 1 / factor);

/** Writes x · scale + offset as TensorFlow.js's Rescaling, which also accepts lists. */
export function rescale(
  { emit, fail }: Scope,
  input: Output,
  scale: Factors,
  offset: Factors,
  suffix = '',
): Output {
  for (const factors of [scale, offset]) {
    const all = typeof factors === 'number' ? [factors] : factors;
    if (!all.every(Number.isFinite)) fail('finite numbers', show(factors));
    const channels = input.shape?.at(-1);
    if (typeof factors !== 'number' && typeof channels === 'number' && all.length !== channels) {
      fail(`numbers for ${channels} channels`, `${all.length}`);
    }
  }
  return emit('Rescaling', { scale, offset }, { inputs: [input], suffix, shape: input.shape });
}

/** Keras's class names for its own arrays and NumPy's. */
const ARRAYS: ReadonlySet<unknown> = new Set(['__tensor__', '__numpy__']);

/** Reads a scale or an offset from a number, a list or an array: one number, or one per channel (last axis). */
export function readFactors(value: unknown): Factors | undefined {
  if (typeof value === 'number') return value;
  const held: unknown =
    isObject(value) && ARRAYS.has(value['class_name']) && isObject(value['config'])
      ? value['config']['value']
      : value;
  let list = held;
  // [[[[r, g, b]]]] broadcasts over positions.
  while (Array.isArray(list) && list.length === 1) list = (list as readonly unknown[])[0];
  if (typeof list === 'number') return list;
  return Array.isArray(list) && list.every((item) => typeof item === 'number') ? list : undefined;
}

export const rescaling: Rule = (scope) => {
  const { scale, offset = 0 } = scope.layer.config;
  const [factor, shift] = [readFactors(scale), readFactors(offset)];
  if (factor === undefined || shift === undefined) {
    return scope.fail(
      'scale and offset as numbers, or as lists with one number per channel',
      show([scale, offset]),
    );
  }
  return rescale(scope, inputOf(scope), factor, shift);
};

const NUMBERS = 'save the whole model as .keras after adapt(), or give it mean and variance';

/** In inference its statistics are constant, so that it is a scale and an offset per channel. */
export const normalization: Rule = (scope) => {
  const { config } = scope.layer;
  const input = inputOf(scope);
  const { axis, invert } = config;
  const [only = null, another] = Array.isArray(axis) ? (axis as readonly unknown[]) : [axis];
  const isLast = only === null || only === -1 || (input.shape && only === input.shape.length - 1);
  if (isLast !== true || another !== undefined) scope.fail('axis -1 (channels last)', show(axis));
  const own = (index: number, variable: string) =>
    fromArray(scope.weight(index, variable)) ?? readFactors(config[variable]);
  const [mean, variance] = [own(0, 'mean'), own(1, 'variance')];
  if (mean === undefined || variance === undefined) {
    return scope.fail('the mean and the variance of a Normalization', 'none', NUMBERS);
  }
  const deviation = each(variance, (square) => Math.max(Math.sqrt(square), MIN_DEVIATION));
  if (invert === true) return rescale(scope, input, deviation, mean);
  // In two steps, like Keras: x / deviation - mean / deviation would lose precision when the mean is large.
  const centred = rescale(scope, input, 1, negative(mean), '_mean');
  return rescale(scope, centred, inverse(deviation), 0);
};

const fromArray = (array: NamedArray | undefined): Factors | undefined => {
  if (array === undefined) return undefined;
  const [first = NaN, ...others] = array.data;
  return others.length === 0 ? first : [first, ...others];
};
