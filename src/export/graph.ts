import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { foldedCopy } from '../model/fold.js';
import { inputsOf } from '../model/graph.js';
import { weightsOf } from '../model/weights.js';
import type { NamedArray } from '../weights/formats/named-array.js';

/** One layer, at the one place where it is applied. */
export interface GraphNode {
  /** The layer's own. */
  readonly name: string;
  /** Its class, e.g. `Conv2D`. */
  readonly type: string;
  /** As the layer's `getConfig` gives it: TensorFlow.js's names, in camel case. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the nodes whose outputs it takes, in its order. */
  readonly inputs: readonly string[];
  /** With the batch's size, which is `null`, first. */
  readonly outputShape: readonly (number | null)[];
  /** By the weight's own name: `kernel`, `moving_mean`. */
  readonly weights: ReadonlyMap<string, NamedArray>;
}

/** A model as other formats describe one: its layers in an order in which they can be computed. */
export interface ModelGraph {
  /** The first node, of type `InputLayer`. */
  readonly input: GraphNode;
  readonly nodes: readonly GraphNode[];
  /** The node whose output is the model's. */
  readonly output: GraphNode;
}

function requireSingle(what: 'input' | 'output', tensors: readonly tf.SymbolicTensor[]) {
  const [tensor, ...others] = tensors;
  if (tensor !== undefined && others.length === 0) return tensor;
  throw new ArgumentError(`model: expected one ${what}, got ${tensors.length}`);
}

const isModel = (layer: tf.layers.Layer): boolean => 'layers' in layer;

async function weightsByName(layer: tf.layers.Layer): Promise<ReadonlyMap<string, NamedArray>> {
  const weights = new Map<string, NamedArray>();
  for (const { name, variable } of weightsOf(layer)) {
    const data = Float32Array.from(await variable.read().data());
    weights.set(name.slice(layer.name.length + 1), {
      name,
      shape: variable.shape as number[],
      data,
    });
  }
  return weights;
}

/**
 * Reads a model with one input and one output, its weights copied out of the backend.
 *
 * @throws ArgumentError where it has more, holds a model as a layer, or applies a layer twice: none of these
 *   has one node for each layer
 */
export async function modelGraph(model: tf.LayersModel): Promise<ModelGraph> {
  requireLayersModel('model', model);
  const end = requireSingle('output', model.outputs);
  const start = requireSingle('input', model.inputs);
  const found = new Map<tf.layers.Layer, tf.SymbolicTensor>();
  const order: tf.SymbolicTensor[] = [];

  const visit = (tensor: tf.SymbolicTensor): void => {
    const layer = tensor.sourceLayer;
    const known = found.get(layer);
    if (known?.id === tensor.id) return;
    if (known !== undefined) {
      throw new ArgumentError(
        `model: expected each layer to be applied once, got "${layer.name}" twice`,
      );
    }
    if (isModel(layer)) {
      throw new ArgumentError(
        `model: expected layers only, got the model "${layer.name}" as a layer; apply its layers one by one, as attachHead() does`,
      );
    }
    found.set(layer, tensor);
    inputsOf(tensor).forEach(visit);
    order.push(tensor);
  };
  visit(end);

  const nodes: GraphNode[] = [];
  for (const tensor of order) {
    const layer = tensor.sourceLayer;
    nodes.push({
      name: layer.name,
      type: layer.getClassName(),
      config: layer.getConfig(),
      inputs: inputsOf(tensor).map((each) => each.sourceLayer.name),
      outputShape: tensor.shape,
      weights: await weightsByName(layer),
    });
  }
  const [input, output] = [nodes[0], nodes.at(-1)];
  if (input?.name !== start.sourceLayer.name || output === undefined) {
    throw new ArgumentError('model: expected its output to come from its input, got no path');
  }
  return { input, nodes, output };
}

/** {@link modelGraph} of what {@link foldBatchNorm} makes of the model, as other software folds less of it by itself. */
export async function foldedGraph(model: tf.LayersModel): Promise<ModelGraph> {
  requireLayersModel('model', model);
  const folded = foldedCopy(model);
  try {
    return await modelGraph(folded ?? model);
  } finally {
    folded?.dispose();
  }
}

/** Two graphs as one: what `first` puts out goes into `second`, whose nodes are renamed so that no two are alike. */
export function joinGraphs(first: ModelGraph, second: ModelGraph): ModelGraph {
  const renamed = (name: string) =>
    name === second.input.name ? first.output.name : `joined/${name}`;
  const nodes = second.nodes
    .filter((node) => node !== second.input)
    .map((node) => ({ ...node, name: renamed(node.name), inputs: node.inputs.map(renamed) }));
  return {
    input: first.input,
    nodes: [...first.nodes, ...nodes],
    output: nodes.at(-1) ?? first.output,
  };
}
