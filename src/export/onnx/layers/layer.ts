import { reject } from '../../../errors.js';
import type { Shape } from '../../../layers/factory.js';
import type { NamedArray } from '../../../weights/formats/named-array.js';
import type { GraphNode } from '../../graph.js';
import type { OnnxGraph, Value } from '../graph.js';
import type { Attribute } from '../schema.js';
import { type Arrangement, weightTensor } from '../tensor.js';

/** A layer to write, passed to the writer of its class. */
export interface Layer<Config = unknown> {
  readonly graph: OnnxGraph;
  readonly node: GraphNode;
  /** Already validated by TensorFlow.js. */
  readonly config: Config;
  readonly inputs: readonly Value[];
  /** Shape of the output, without the batch dimension. */
  readonly shape: Shape;
  /** Adds an operator, and returns the name of its output. */
  add(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** Adds a weight, and returns its name. */
  weight(array: NamedArray, arrangement?: Arrangement): string;
}

/** Writes a layer's operators, and returns its output. */
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

/** Throws an error about the layer. */
export function refuse({ node }: Layer, expected: string, got: unknown, remedy?: string): never {
  reject(`layer "${node.name}" (${node.type})`, expected, got, remedy);
}

/** The input of a layer that has exactly one. */
export function inputOf(layer: Layer): Value {
  const [input] = layer.inputs;
  return input ?? refuse(layer, 'an input', input);
}

/** A weight that every layer of this class has. */
export function weightOf(layer: Layer, name: string): NamedArray {
  const array = layer.node.weights.get(name);
  return array ?? refuse(layer, `a weight "${name}"`, array);
}

/** The name of the bias in a list, or an empty list if there is no bias. */
export function biasOf(layer: Layer): string[] {
  const bias = layer.node.weights.get('bias');
  return bias === undefined ? [] : [layer.weight(bias)];
}

export interface LastAxis {
  /** A list in Keras 2's batch normalization: `[3]`. */
  readonly axis: number | readonly number[];
}

/** Checks that the axis is the last one, counted from the end or from the batch. */
export function requireLastAxis(layer: Layer<LastAxis>): void {
  const { axis } = layer.config;
  const [only, ...others] = [axis].flat();
  const last = only === -1 || only === layer.shape.length;
  if (!last || others.length > 0) refuse(layer, 'axis -1, the last', axis);
}
