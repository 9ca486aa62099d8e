import type { NamedArray } from '../../../weights/formats/named-array.js';
import type { Value } from '../graph.js';
import { channelsFirst, channelsLast, isMap, settled } from '../layout.js';
import { inputOf, type LastAxis, type Layer, refuse, requireLastAxis, weightOf } from './layer.js';

interface BatchNormalizationConfig extends LastAxis {
  readonly epsilon: number;
}

/** Layers made with `scale: false` have no gamma, those with `center: false` no beta. */
function weightOr(layer: Layer, name: 'gamma' | 'beta', value: number): NamedArray {
  const { shape } = weightOf(layer, 'moving_mean');
  const data = new Float32Array(shape[0] ?? 0).fill(value);
  return layer.node.weights.get(name) ?? { name: `${layer.node.name}/${name}`, shape, data };
}

export function batchNormalization(layer: Layer<BatchNormalizationConfig>): Value {
  const input = settled(layer.graph, inputOf(layer));
  requireLastAxis(layer);
  // ONNX normalizes the second axis: the last one of a vector, the channels of a map with channels first.
  if (!isMap(input.shape) && input.shape.length !== 1) {
    refuse(layer, 'a vector or a map', input.shape);
  }
  const ordered = isMap(input.shape)
    ? channelsFirst(layer.graph, input)
    : channelsLast(layer.graph, input);
  const weights = [
    weightOr(layer, 'gamma', 1),
    weightOr(layer, 'beta', 0),
    weightOf(layer, 'moving_mean'),
    weightOf(layer, 'moving_variance'),
  ].map((weight) => layer.weight(weight));
  const name = layer.add('BatchNormalization', [ordered.name, ...weights], {
    epsilon: { float: layer.config.epsilon },
  });
  return { ...ordered, name, nonNegative: false };
}
