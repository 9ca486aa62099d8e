import { reject } from '../../errors.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import type { GraphNode } from '../graph.js';
import type { GraphWriter } from './graph-writer.js';
import { attribute } from './messages.js';

/** Nodes that give a layer's inputs, at least one. */
export type Inputs = readonly [first: string, ...others: string[]];

export type AnyShape = readonly (number | null)[];

/** Writes a layer, and returns the node that gives its output. */
export type LayerWriter = (
  graph: GraphWriter,
  layer: GraphNode,
  inputs: Inputs,
  shapes: readonly AnyShape[],
) => string;

/** Rank of a batch of vectors, and of a batch of maps. */
export const BATCH_AND_VECTOR = 2;
export const BATCH_AND_MAP = 4;

export function fail(layer: GraphNode, expected: string, got: unknown): never {
  reject(`model: layer "${layer.name}" (${layer.type})`, expected, got);
}

/** Sizes of the output, without the batch. */
export function knownSizes(layer: GraphNode): number[] {
  return layer.outputShape
    .slice(1)
    .map((size) => size ?? fail(layer, 'an output of known size', layer.outputShape));
}

export const weight = (layer: GraphNode, name: string): NamedArray =>
  layer.weights.get(name) ?? fail(layer, `a weight "${name}"`, [...layer.weights.keys()]);

/** Adds a weight to the graph. Its name may be `layer/weight`, or only the weight's. */
export const constant = (
  graph: GraphWriter,
  { name: layer }: GraphNode,
  array: NamedArray,
): string => graph.weight(`${layer}/${array.name.slice(array.name.lastIndexOf('/') + 1)}`, array);

export function requireChannelsLast(layer: GraphNode): void {
  const { dataFormat = 'channelsLast' } = layer.config;
  if (dataFormat !== 'channelsLast') fail(layer, 'dataFormat "channelsLast"', dataFormat);
}

/** A window's size or strides `[height, width]`, for TensorFlow's four axes. */
export function onMap({ config }: GraphNode, key: string) {
  const [height = 1, width = 1] = config[key] as readonly number[];
  return attribute.ints([1, height, width, 1]);
}

export function paddingOf(layer: GraphNode) {
  const { padding } = layer.config;
  if (padding !== 'same' && padding !== 'valid') fail(layer, 'padding "same" or "valid"', padding);
  return attribute.text(padding.toUpperCase());
}
