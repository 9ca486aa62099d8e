import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { type Folding, foldedWeights, NO_FOLDING, planFolding } from '../model/fold.js';
import { inputsOf } from '../model/graph.js';
import { weightsOf } from '../model/weights.js';
import type { NamedArray } from '../weights/formats/named-array.js';

/** A layer, which is called exactly once. */
export interface GraphNode {
  /** The layer's name. */
  readonly name: string;
  /** The layer's class, e.g. `Conv2D`. */
  readonly type: string;
  /** The layer's `getConfig()`, with TensorFlow.js's camel-case names. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the nodes that give its inputs, in order. */
  readonly inputs: readonly string[];
  /** Includes the batch dimension, which is `null`. */
  readonly outputShape: readonly (number | null)[];
  /** Weights by name, without the layer's: `kernel`, `moving_mean`. */
  readonly weights: ReadonlyMap<string, NamedArray>;
}

/** A model as a graph, whose nodes are sorted so that each follows its inputs. */
export interface ModelGraph {
  /** The first node, of type `InputLayer`. */
  readonly input: GraphNode;
  readonly nodes: readonly GraphNode[];
  /** The node that gives the model's output. */
  readonly output: GraphNode;
}

function requireSingle(what: 'input' | 'output', tensors: readonly tf.SymbolicTensor[]) {
  const [tensor, ...others] = tensors;
  if (tensor !== undefined && others.length === 0) return tensor;
  throw new ArgumentError(`model: expected one ${what}, got ${tensors.length}`);
}

const isModel = (layer: tf.layers.Layer): boolean => 'layers' in layer;

/** Weights by name, without the layer's. Read one after another, because reading copies. */
async function weightsByName(
  layer: tf.layers.Layer,
  norm: tf.layers.Layer | undefined,
): Promise<ReadonlyMap<string, NamedArray>> {
  const own = weightsOf(layer);
  const folded = norm && tf.tidy(() => foldedWeights(layer, norm));
  // A layer without a bias has one after folding.
  const names = folded ? [own[0]?.name ?? '', `${layer.name}/bias`] : own.map(({ name }) => name);
  const tensors = folded ?? own.map(({ variable }) => variable.read());
  const weights = new Map<string, NamedArray>();
  try {
    for (const [i, tensor] of tensors.entries()) {
      const name = names[i] ?? '';
      // TensorFlow.js replaces weights, and never changes them in place: no copy is needed.
      const data = (await tensor.data()) as Float32Array;
      weights.set(name.slice(layer.name.length + 1), { name, shape: tensor.shape, data });
    }
  } finally {
    tf.dispose(folded);
  }
  return weights;
}

/**
 * Reads a model with one input and one output as a graph, with the values of its weights.
 *
 * @param folding what is folded into which layer; by default nothing
 * @throws ArgumentError if it has more inputs or outputs, contains a model as a layer, or calls a layer twice
 */
export async function modelGraph(
  model: tf.LayersModel,
  folding: Folding = NO_FOLDING,
): Promise<ModelGraph> {
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

  const nameOf = ({ sourceLayer: layer }: tf.SymbolicTensor): string =>
    (folding.into.get(layer) ?? layer).name;
  const nodes: GraphNode[] = [];
  for (const tensor of order) {
    const layer = tensor.sourceLayer;
    if (folding.into.has(layer)) continue;
    const intake = folding.intakes.get(layer);
    nodes.push({
      name: layer.name,
      type: layer.getClassName(),
      config: {
        ...layer.getConfig(),
        ...(intake && { useBias: true, activation: intake.activation }),
      },
      inputs: inputsOf(tensor).map(nameOf),
      outputShape: tensor.shape,
      weights: await weightsByName(layer, intake?.norm),
    });
  }
  const [input, output] = [nodes[0], nodes.at(-1)];
  if (input?.name !== start.sourceLayer.name || output === undefined) {
    throw new ArgumentError('model: expected its output to come from its input, got no path');
  }
  return { input, nodes, output };
}

/** {@link modelGraph} after {@link foldBatchNorm}, because other software folds fewer BatchNorms by itself. */
export async function foldedGraph(model: tf.LayersModel): Promise<ModelGraph> {
  requireLayersModel('model', model);
  return modelGraph(model, planFolding(model));
}

/** Joins two graphs: the output of `first` becomes the input of `second`, whose nodes get unique names. */
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
