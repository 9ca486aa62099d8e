import type { Shape } from '../../../layers/factory.js';
import type { Value } from '../graph.js';
import { isMap, settled } from '../layout.js';
import type { Arrangement } from '../tensor.js';
import { activated } from './activation.js';
import { pixelwise } from './convolution.js';
import { biasOf, inputOf, type Layer, weightOf } from './layer.js';

/** Reorders a kernel's rows for a map that was flattened with channels first, which costs nothing at run time. */
function rowsOf([height = 1, width = 1, channels = 1]: Shape, units: number): Arrangement {
  const rows = height * width * channels;
  return { from: [height * width, channels, units], axes: [1, 0, 2], to: [rows, units] };
}

function onVector(layer: Layer, { name, channelsFirst: map }: Value): string {
  const kernel = weightOf(layer, 'kernel');
  const units = kernel.shape.at(-1) ?? 1;
  const weights = layer.weight(kernel, map && rowsOf(map, units));
  return layer.add('Gemm', [name, weights, ...biasOf(layer)]);
}

/** Multiplies the last axis by the kernel, whatever the rank. */
export function dense(layer: Layer<{ readonly activation: string }>): Value {
  const { activation } = layer.config;
  const input = settled(layer.graph, inputOf(layer));
  const given = { shape: layer.shape, nonNegative: false };
  if (isMap(input.shape) && input.channelsFirst !== undefined) {
    return activated(layer, pixelwise(layer, input, 'kernel'), activation);
  }
  if (input.shape.length === 1) {
    return activated(layer, { ...given, name: onVector(layer, input) }, activation);
  }
  const product = layer.add('MatMul', [input.name, layer.weight(weightOf(layer, 'kernel'))]);
  const [bias] = biasOf(layer);
  const name = bias === undefined ? product : layer.add('Add', [product, bias]);
  return activated(layer, { ...given, name }, activation);
}
