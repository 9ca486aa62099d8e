import type { Value } from '../graph.js';
import type { Factors } from '../../../layers/factory.js';
import { channelsLast, isMap, settled } from '../layout.js';
import type { Attribute } from '../schema.js';
import { inputOf, type LastAxis, type Layer, refuse, requireLastAxis } from './layer.js';

/** Elementwise functions with an ONNX operator, and attributes that make it compute the same as TensorFlow.js. */
const OPERATORS: Readonly<Record<string, readonly [string, Readonly<Record<string, Attribute>>?]>> =
  {
    elu: ['Elu'],
    hardSigmoid: ['HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }],
    relu: ['Relu'],
    selu: ['Selu'],
    sigmoid: ['Sigmoid'],
    softplus: ['Softplus'],
    softsign: ['Softsign'],
    tanh: ['Tanh'],
  };

const NON_NEGATIVE: readonly string[] = ['hardSigmoid', 'relu', 'sigmoid', 'softplus'];

const SUPPORTED = ['linear', 'relu6', 'softmax', 'swish', ...Object.keys(OPERATORS)].sort();

/** Limits x to 0 … `max`. */
function clipped(layer: Layer, { name, ...rest }: Value, max: number): Value {
  const limits = [layer.graph.scalar(0), layer.graph.scalar(max)];
  return { ...rest, name: layer.add('Clip', [name, ...limits]), nonNegative: true };
}

/** Softmax over the channels. */
function softmaxed(layer: Layer, { name, ...rest }: Value): Value {
  const axis = rest.channelsFirst === undefined ? -1 : 1;
  return { ...rest, name: layer.add('Softmax', [name], { axis }), nonNegative: true };
}

/** Applies an activation, by TensorFlow.js's name. */
export function activated(layer: Layer, input: Value, activation: string): Value {
  const value = settled(layer.graph, input);
  const { name, ...rest } = value;
  switch (activation) {
    case 'linear':
      return input;
    case 'relu6':
      return clipped(layer, value, 6);
    case 'softmax':
      return softmaxed(layer, value);
    case 'swish': {
      const gate = layer.add('Sigmoid', [name]);
      return { ...rest, name: layer.add('Mul', [name, gate]), nonNegative: false };
    }
  }
  const [op, attributes] =
    OPERATORS[activation] ??
    refuse(layer, `an activation that is one of ${SUPPORTED.join(', ')}`, activation);
  const nonNegative = NON_NEGATIVE.includes(activation);
  return { ...rest, name: layer.add(op, [name], attributes), nonNegative };
}

export const activation = (layer: Layer<{ readonly activation: string }>): Value =>
  activated(layer, inputOf(layer), layer.config.activation);

export function relu(layer: Layer<{ readonly maxValue?: number | null }>): Value {
  const { maxValue } = layer.config;
  if (maxValue == null) return activated(layer, inputOf(layer), 'relu');
  return clipped(layer, settled(layer.graph, inputOf(layer)), maxValue);
}

export function leakyRelu(layer: Layer<{ readonly alpha: number }>): Value {
  const { name, ...rest } = settled(layer.graph, inputOf(layer));
  const alpha = { float: layer.config.alpha };
  return { ...rest, name: layer.add('LeakyRelu', [name], { alpha }), nonNegative: false };
}

/** TensorFlow.js supports no `alpha` other than 1. */
export const elu = (layer: Layer): Value => activated(layer, inputOf(layer), 'elu');

export function softmax(layer: Layer<LastAxis>): Value {
  const value = settled(layer.graph, inputOf(layer));
  requireLastAxis(layer);
  return softmaxed(layer, value);
}

/** x · scale + offset, each a number or one number per channel. */
export function rescaling(
  layer: Layer<{ readonly scale: Factors; readonly offset: Factors }>,
): Value {
  const { scale, offset } = layer.config;
  const { graph } = layer;
  const value = settled(graph, inputOf(layer));
  const isByChannel = typeof scale !== 'number' || typeof offset !== 'number';
  // The channels of a flattened map are adjacent only in TensorFlow.js's layout.
  const { name, ...rest } = isByChannel && !isMap(value.shape) ? channelsLast(graph, value) : value;
  const isTurned = rest.channelsFirst !== undefined;
  const factors = (values: Factors): string =>
    typeof values === 'number'
      ? graph.scalar(values)
      : graph.floats(values, isTurned ? [values.length, 1, 1] : [values.length]);
  const scaled = scale === 1 ? name : layer.add('Mul', [name, factors(scale)]);
  const moved = offset === 0 ? scaled : layer.add('Add', [scaled, factors(offset)]);
  return { ...rest, name: moved, nonNegative: false };
}

/** A layer that acts in training only. */
export const unchanged = (layer: Layer): Value => inputOf(layer);
