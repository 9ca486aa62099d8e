import type { Shape } from '../../layers/factory.js';
import type { OnnxGraph, Pads, Value } from './graph.js';

/*
 * TensorFlow.js's layout is channels last, ONNX's is channels first. A map is transposed for the first layer that needs channels first,
 * and stays so until a layer needs channels last.
 */

const TO_CHANNELS_FIRST = [0, 3, 1, 2];
export const TO_CHANNELS_LAST = [0, 2, 3, 1];

/** Keeps the batch size in a `Reshape`. */
export const SAME = 0;

export const isMap = (shape: Shape): shape is readonly [number, number, number] =>
  shape.length === 3;

/** For a map of one position, both layouts are the same. */
export const isOnePixel = ([height, width]: Shape): boolean => height === 1 && width === 1;

export const sumOfPads = (a: Pads, b: Pads): Pads => [
  a[0] + b[0],
  a[1] + b[1],
  a[2] + b[2],
  a[3] + b[3],
];

/** Adds the pending padding, in either layout. */
export function settled(graph: OnnxGraph, value: Value): Value {
  const { padding, ...rest } = value;
  if (padding === undefined) return value;
  const [top, left, bottom, right] = padding;
  return graph.once(value, 'settled', () => {
    const pads = graph.integers([0, 0, top, left, 0, 0, bottom, right]);
    return { ...rest, name: graph.add(value.name, 'Pad', [value.name, pads]) };
  });
}

/** Converts a map to channels first. Its padding may still be pending. */
export function channelsFirst(graph: OnnxGraph, value: Value): Value {
  if (value.channelsFirst !== undefined) return value;
  return graph.once(value, 'channels first', () => {
    const name = graph.add(value.name, 'Transpose', [value.name], { perm: TO_CHANNELS_FIRST });
    return { ...value, name, channelsFirst: value.shape };
  });
}

/** Converts to TensorFlow.js's layout, with padding added. */
export function channelsLast(graph: OnnxGraph, value: Value): Value {
  const { channelsFirst: map, ...rest } = settled(graph, value);
  if (map === undefined) return rest;
  return graph.once(value, 'channels last', () => {
    const { name, shape } = rest;
    const [height = 1, width = 1, channels = 1] = map;
    const turned = (from: string) =>
      graph.add(name, 'Transpose', [from], { perm: TO_CHANNELS_LAST });
    if (isMap(shape)) return { ...rest, name: turned(name) };
    const size = graph.integers([SAME, channels, height, width]);
    const asMap = graph.add(name, 'Reshape', [name, size]);
    return { ...rest, name: graph.add(name, 'Flatten', [turned(asMap)], { axis: 1 }) };
  });
}
