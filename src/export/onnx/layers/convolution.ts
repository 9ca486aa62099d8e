import type { Shape } from '../../../layers/factory.js';
import type { Pads, Value } from '../graph.js';
import { channelsFirst, sumOfPads } from '../layout.js';
import { activated } from './activation.js';
import { biasOf, inputOf, type Layer, refuse, weightOf } from './layer.js';

export interface WindowConfig {
  readonly strides: readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly dataFormat: string;
}

interface ConvolutionConfig extends WindowConfig {
  readonly dilationRate: readonly [number, number];
  readonly activation: string;
}

type Pair = readonly [number, number];

export const NO_PADS: Pads = [0, 0, 0, 0];

export function requireChannelsLast(layer: Layer<{ readonly dataFormat: string }>): void {
  const { dataFormat } = layer.config;
  if (dataFormat !== 'channelsLast') refuse(layer, 'dataFormat "channelsLast"', dataFormat);
}

/**
 * TensorFlow's padding for 'same': enough for ⌈size/stride⌉ windows, with the odd row or column at the end
 * (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
 */
export function samePads(
  [height = 1, width = 1]: Shape,
  [windowHeight, windowWidth]: Pair,
  [strideDown, strideAcross]: Pair,
): Pads {
  const along = (size: number, window: number, stride: number): Pair => {
    const all = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  };
  const [top, bottom] = along(height, windowHeight, strideDown);
  const [left, right] = along(width, windowWidth, strideAcross);
  return [top, left, bottom, right];
}

/** How a kernel moves over a map. */
type Sweep = Pick<ConvolutionConfig, 'strides' | 'padding' | 'dilationRate'>;

const PIXEL_BY_PIXEL: Sweep = { strides: [1, 1], padding: 'valid', dilationRate: [1, 1] };

interface Kernel {
  /** OIHW. */
  readonly name: string;
  readonly size: Pair;
  readonly group?: number;
  readonly bias?: readonly string[];
}

/** Writes one convolution, which also takes over the pending padding of its input. */
function convolution(layer: Layer, input: Value, kernel: Kernel, sweep: Sweep): Value {
  const { strides, padding, dilationRate: dilations } = sweep;
  const { name, size, group = 1, bias = [] } = kernel;
  const map = channelsFirst(layer.graph, input);
  const reach = size.map((each, i) => (each - 1) * (dilations[i] ?? 1) + 1) as unknown as Pair;
  const own = padding === 'same' ? samePads(map.shape, reach, strides) : NO_PADS;
  const pads = sumOfPads(own, map.padding ?? NO_PADS);
  const attributes = { kernel_shape: size, strides, dilations, pads, group };
  return {
    name: layer.add('Conv', [map.name, name, ...bias], attributes),
    shape: layer.shape,
    channelsFirst: layer.shape,
    nonNegative: false,
  };
}

/** HWIO → OIHW. */
export function conv2d(layer: Layer<ConvolutionConfig>): Value {
  requireChannelsLast(layer);
  const kernel = weightOf(layer, 'kernel');
  const [height = 1, width = 1, inputs = 1, outputs = 1] = kernel.shape;
  const name = layer.weight(kernel, {
    from: [height * width, inputs, outputs],
    axes: [2, 1, 0],
    to: [outputs, inputs, height, width],
  });
  const bias = biasOf(layer);
  const map = convolution(
    layer,
    inputOf(layer),
    { name, size: [height, width], bias },
    layer.config,
  );
  return activated(layer, map, layer.config.activation);
}

/** [height, width, channels, multiplier] → [channels · multiplier, 1, height, width], with one group per channel. */
function depthwiseKernel(layer: Layer): Kernel {
  const kernel = weightOf(layer, 'depthwise_kernel');
  const [height = 1, width = 1, channels = 1, multiplier = 1] = kernel.shape;
  const outputs = channels * multiplier;
  const name = layer.weight(kernel, {
    from: [height * width, outputs],
    axes: [1, 0],
    to: [outputs, 1, height, width],
  });
  return { name, size: [height, width], group: channels };
}

export function depthwiseConv2d(layer: Layer<ConvolutionConfig>): Value {
  const { activation, dilationRate } = layer.config;
  requireChannelsLast(layer);
  if (dilationRate.some((rate) => rate !== 1)) {
    refuse(layer, 'dilationRate [1, 1], as TensorFlow.js ignores any other', dilationRate);
  }
  const kernel = { ...depthwiseKernel(layer), bias: biasOf(layer) };
  return activated(layer, convolution(layer, inputOf(layer), kernel, layer.config), activation);
}

export function separableConv2d(layer: Layer<ConvolutionConfig>): Value {
  requireChannelsLast(layer);
  const each = convolution(layer, inputOf(layer), depthwiseKernel(layer), layer.config);
  const map = pixelwise(layer, each, 'pointwise_kernel');
  return activated(layer, map, layer.config.activation);
}

/** Writes a 1 × 1 convolution with the layer's bias. */
export function pixelwise(layer: Layer, input: Value, kernelName: string): Value {
  const kernel = weightOf(layer, kernelName);
  const [inputs = 1, outputs = 1] = kernel.shape.slice(-2);
  const name = layer.weight(kernel, {
    from: [inputs, outputs],
    axes: [1, 0],
    to: [outputs, inputs, 1, 1],
  });
  return convolution(layer, input, { name, size: [1, 1], bias: biasOf(layer) }, PIXEL_BY_PIXEL);
}
