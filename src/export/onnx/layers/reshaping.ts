import type { Pads, Value } from '../graph.js';
import { channelsFirst, channelsLast, isMap, isOnePixel, SAME, settled } from '../layout.js';
import { requireChannelsLast } from './convolution.js';
import { inputOf, type Layer } from './layer.js';

interface ZeroPaddingConfig {
  readonly padding: readonly [
    readonly [top: number, bottom: number],
    readonly [left: number, right: number],
  ];
  readonly dataFormat: string;
}

/** The padding stays pending for the layer that uses it: a convolution can pad by itself. */
export function zeroPadding2d(layer: Layer<ZeroPaddingConfig>): Value {
  requireChannelsLast(layer);
  const [[top, bottom], [left, right]] = layer.config.padding;
  const pads: Pads = [top, left, bottom, right];
  const map = channelsFirst(layer.graph, settled(layer.graph, inputOf(layer)));
  return { ...map, shape: layer.shape, channelsFirst: layer.shape, padding: pads };
}

/** Keeps the input's layout; a dense layer reorders its kernel to match. */
export function flatten(layer: Layer): Value {
  const { channelsFirst: map, ...rest } = settled(layer.graph, inputOf(layer));
  const name = layer.add('Flatten', [rest.name], { axis: 1 });
  const vector = { ...rest, name, shape: layer.shape };
  return map === undefined || isOnePixel(map) ? vector : { ...vector, channelsFirst: map };
}

export function reshape(layer: Layer): Value {
  const { graph, shape } = layer;
  const input = settled(graph, inputOf(layer));
  const map = input.channelsFirst;
  const { name, nonNegative } = map && isOnePixel(map) ? input : channelsLast(graph, input);
  const reshaped = (sizes: readonly number[]) =>
    layer.add('Reshape', [name, graph.integers([SAME, ...sizes])]);
  // A vector becomes a map of one pixel, as in MobileNet, where a convolution follows.
  if (isMap(shape) && isOnePixel(shape)) {
    const [height, width, channels] = shape;
    const value = reshaped([channels, height, width]);
    return { name: value, shape, channelsFirst: shape, nonNegative };
  }
  return { name: reshaped(shape), shape, nonNegative };
}
