import { show } from '../errors.js';
import { isObject } from '../json.js';
import type { Output } from './calls.js';
import { rescale } from './affine.js';
import { inputOf, type Rule, type Scope } from './scope.js';

/** Keras 3's activations that TensorFlow.js has, with its names for them. */
const NATIVE: Readonly<Record<string, string>> = {
  elu: 'elu',
  gelu: 'gelu',
  linear: 'linear',
  log_softmax: 'log_softmax',
  mish: 'mish',
  relu: 'relu',
  relu6: 'relu6',
  selu: 'selu',
  sigmoid: 'sigmoid',
  silu: 'swish',
  softmax: 'softmax',
  softplus: 'softplus',
  softsign: 'softsign',
  swish: 'swish',
  tanh: 'tanh',
};

/** `keras.activations.leaky_relu`. */
const NEGATIVE_SLOPE = 0.2;

/** Keras 3's clip(x / 6 + 1/2, 0, 1). TensorFlow.js has Keras 2's, clip(x / 5 + 1/2, 0, 1). */
function hardSigmoid(scope: Scope, input: Output, suffix: string): Output {
  const moved = rescale(scope, input, 1 / 6, 0.5, `${suffix}_scale`);
  return scope.emit(
    'ReLU',
    { max_value: 1 },
    { inputs: [moved], suffix: `${suffix}_clip`, shape: input.shape },
  );
}

function hardSilu(scope: Scope, input: Output, suffix: string): Output {
  const gate = hardSigmoid(scope, input, suffix);
  return scope.emit('Multiply', {}, { inputs: [input, gate], suffix, shape: input.shape });
}

/** Activations that TensorFlow.js lacks, composed of layers that compute the same. */
const COMPOSED: Readonly<Record<string, (scope: Scope, input: Output, suffix: string) => Output>> =
  {
    hard_sigmoid: hardSigmoid,
    hard_silu: hardSilu,
    hard_swish: hardSilu,
    leaky_relu: (scope, input, suffix) =>
      scope.emit(
        'LeakyReLU',
        { alpha: NEGATIVE_SLOPE },
        { inputs: [input], suffix, shape: input.shape },
      ),
  };

const SUPPORTED = [...Object.keys(NATIVE), ...Object.keys(COMPOSED)].sort().join(', ');

/** The activation's name, which the configuration gives as a string or as a function. */
function nameOf({ layer: { config }, fail }: Scope): string {
  const { activation = null } = config;
  const name: unknown =
    isObject(activation) && activation['class_name'] === 'function'
      ? activation['config']
      : (activation ?? 'linear');
  return typeof name === 'string' && (Object.hasOwn(NATIVE, name) || Object.hasOwn(COMPOSED, name))
    ? name
    : fail(
        `an activation that is one of ${SUPPORTED}`,
        show(isObject(name) ? name['class_name'] : name),
      );
}

/** A layer's activation: an option of the TensorFlow.js layer, or layers after it. */
export interface Ending {
  readonly option: string;
  readonly append: (output: Output) => Output;
}

export function endingOf(scope: Scope): Ending {
  const name = nameOf(scope);
  const compose = COMPOSED[name];
  return compose === undefined
    ? { option: NATIVE[name] ?? name, append: (output) => output }
    : { option: 'linear', append: (output) => compose(scope, output, `_${name}`) };
}

/** Writes an activation as a separate layer. */
export function activate(scope: Scope, name: string): Output {
  const input = inputOf(scope);
  const compose = COMPOSED[name];
  return compose === undefined
    ? scope.emit('Activation', { activation: NATIVE[name] ?? name }, { shape: input.shape })
    : compose(scope, input, '');
}

export const activation: Rule = (scope) => activate(scope, nameOf(scope));

/** Keras's ReLU has three options. TensorFlow.js has three layers with one of them each. */
export const relu: Rule = (scope) => {
  const { config } = scope.layer;
  const [max, slope, threshold] = ['max_value', 'negative_slope', 'threshold'].map(
    (key) => config[key] ?? null,
  );
  const { shape } = inputOf(scope);
  if (!slope && !threshold)
    return scope.emit('ReLU', max === null ? {} : { max_value: max }, { shape });
  if (max === null && !threshold) return scope.emit('LeakyReLU', { alpha: slope }, { shape });
  if (max === null && !slope) return scope.emit('ThresholdedReLU', { theta: threshold }, { shape });
  return scope.fail(
    'only one of max_value, negative_slope and threshold',
    show([max, slope, threshold]),
  );
};
