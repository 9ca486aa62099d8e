import type { Pads, Value } from '../graph.js';
import { channelsFirst, settled, sumOfPads } from '../layout.js';
import { NO_PADS, requireChannelsLast, samePads, type WindowConfig } from './convolution.js';
import { inputOf, type Layer } from './layer.js';

interface PoolingConfig extends WindowConfig {
  readonly poolSize: readonly [number, number];
}

type Pooling = 'MaxPool' | 'AveragePool';

/** The lowest number in float32. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/** Whether every window contains a number of the map, as runtimes require, and not only padding. */
const reaches = (poolSize: readonly [number, number], pads: Pads): boolean =>
  [...poolSize, ...poolSize].every((size, side) => (pads[side] ?? 0) < size);

/**
 * Pads a map so that the pooling counts the zeros.
 *
 * Optimizers merge a `Pad` into the next pooling, whose own padding a maximum doesn't count: ONNX Runtime since 1.17
 * (github.com/microsoft/onnxruntime/pull/18136, seen in 1.30), onnx-simplifier (github.com/onnxsim/onnxsim/issues/290). A `Clip` at
 * the lowest number in between prevents this.
 */
function countingZeros(layer: Layer, padded: Value): Value {
  if (padded.padding === undefined) return padded;
  const { name, ...map } = settled(layer.graph, padded);
  return { ...map, name: layer.add('Clip', [name, layer.graph.scalar(LOWEST)]) };
}

/** The pooling's own padding isn't counted, neither in TensorFlow nor in ONNX. */
export const pooling2d =
  (op: Pooling) =>
  (layer: Layer<PoolingConfig>): Value => {
    requireChannelsLast(layer);
    const { graph, shape } = layer;
    const { poolSize, strides, padding } = layer.config;
    const padded = channelsFirst(graph, inputOf(layer));
    const own = padding === 'same' ? samePads(padded.shape, poolSize, strides) : NO_PADS;
    const all = sumOfPads(own, padded.padding ?? NO_PADS);
    // Zeros don't change the maximum of numbers that are 0 or more.
    const uncounted = op === 'MaxPool' && padded.nonNegative && reaches(poolSize, all);
    const { name, nonNegative } = uncounted ? padded : countingZeros(layer, padded);
    const pads = uncounted ? all : own;
    const pooled = layer.add(op, [name], { kernel_shape: poolSize, strides, pads });
    return { name: pooled, shape, channelsFirst: shape, nonNegative };
  };

/** [h, w, c] → [c]. */
export const globalPooling2d =
  (op: `Global${Pooling}`) =>
  (layer: Layer<{ readonly dataFormat: string }>): Value => {
    requireChannelsLast(layer);
    const map = channelsFirst(layer.graph, settled(layer.graph, inputOf(layer)));
    const pooled = layer.add(op, [map.name]);
    const name = layer.add('Flatten', [pooled], { axis: 1 });
    return { name, shape: layer.shape, nonNegative: map.nonNegative };
  };
