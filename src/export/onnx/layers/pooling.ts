import type { Pads, Value } from '../graph.js';
import { channelsFirst, settled, sumOfPads } from '../layout.js';
import { NO_PADS, requireChannelsLast, samePads, type WindowConfig } from './convolution.js';
import { inputOf, type Layer } from './layer.js';

interface PoolingConfig extends WindowConfig {
  readonly poolSize: readonly [number, number];
}

type Pooling = 'MaxPool' | 'AveragePool';

/** The least number of float32. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/** Whether every window has a number of the map in it, as runtimes demand, and not only what is around it. */
const reaches = (poolSize: readonly [number, number], pads: Pads): boolean =>
  [...poolSize, ...poolSize].every((size, side) => (pads[side] ?? 0) < size);

/**
 * A map with its zeros, by which a pooling is to be held to count them.
 *
 * Optimizers make a `Pad` before a pooling the pooling's own padding, which a maximum doesn't count: ONNX
 * Runtime since 1.17 (github.com/microsoft/onnxruntime/pull/18136, seen in 1.30), onnx-simplifier
 * (github.com/onnxsim/onnxsim/issues/290). A limit that nothing is below keeps the two apart.
 */
function countingZeros(layer: Layer, padded: Value): Value {
  if (padded.padding === undefined) return padded;
  const { name, ...map } = settled(layer.graph, padded);
  return { ...map, name: layer.add('Clip', [name, layer.graph.scalar(LOWEST)]) };
}

/** Padding of the pooling itself counts neither in TensorFlow nor in ONNX. */
export const pooling2d =
  (op: Pooling) =>
  (layer: Layer<PoolingConfig>): Value => {
    requireChannelsLast(layer);
    const { graph, shape } = layer;
    const { poolSize, strides, padding } = layer.config;
    const padded = channelsFirst(graph, inputOf(layer));
    const own = padding === 'same' ? samePads(padded.shape, poolSize, strides) : NO_PADS;
    const all = sumOfPads(own, padded.padding ?? NO_PADS);
    // A maximum of numbers that aren't below zero is the same without zeros.
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
