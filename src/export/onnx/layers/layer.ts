import { reject } from '../../../errors.js';
import type { Shape } from '../../../layers/factory.js';
import type { NamedArray } from '../../../weights/formats/named-array.js';
import type { GraphNode } from '../../graph.js';
import type { OnnxGraph, Value } from '../graph.js';
import type { Attribute } from '../schema.js';
import { type Arrangement, weightTensor } from '../tensor.js';

/** A layer that is being written, at hand for the function that knows its class and so its options. */
export interface Layer<Config = unknown> {
  readonly graph: OnnxGraph;
  readonly node: GraphNode;
  /** As TensorFlow.js has checked them. */
  readonly config: Config;
  readonly inputs: readonly Value[];
  /** Of what it puts out, without the batch dimension. */
  readonly shape: Shape;
  /** Adds an operator; gives the name of what it puts out. */
  add(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** Adds a weight; gives its name. */
  weight(array: NamedArray, arrangement?: Arrangement): string;
}

/** Writes a layer's operators; gives what it puts out. */
export type LayerWriter = (layer: Layer<never>) => Value;

export const layerOf = (
  graph: OnnxGraph,
  node: GraphNode,
  inputs: readonly Value[],
): Layer<never> => ({
  graph,
  node,
  config: node.config as never,
  inputs,
  shape: node.outputShape.slice(1) as number[],
  add: (op, from, attributes) => graph.add(node.name, op, from, attributes),
  weight: (array, arrangement) => graph.tensor(weightTensor(array, arrangement)),
});

/** Refuses what ONNX has no operator for, or what TensorFlow.js itself goes wrong with. */
export function refuse({ node }: Layer, expected: string, got: unknown, remedy?: string): never {
  reject(`layer "${node.name}" (${node.type})`, expected, got, remedy);
}

/** The one input of a layer that takes one. */
export function inputOf(layer: Layer): Value {
  const [input] = layer.inputs;
  return input ?? refuse(layer, 'an input', input);
}

/** A weight that layers of this class have. */
export function weightOf(layer: Layer, name: string): NamedArray {
  const array = layer.node.weights.get(name);
  return array ?? refuse(layer, `a weight "${name}"`, array);
}

/** The bias, in a list of its own where there is one. */
export function biasOf(layer: Layer): string[] {
  const bias = layer.node.weights.get('bias');
  return bias === undefined ? [] : [layer.weight(bias)];
}

export interface LastAxis {
  /** Keras 2 writes `[3]` of a batch normalization. */
  readonly axis: number | readonly number[];
}

/** The channels' axis, counted from the end or from the batch's. */
export function requireLastAxis(layer: Layer<LastAxis>): void {
  const { axis } = layer.config;
  const [only, ...others] = [axis].flat();
  const last = only === -1 || only === layer.shape.length;
  if (!last || others.length > 0) refuse(layer, 'axis -1, the last', axis);
}
