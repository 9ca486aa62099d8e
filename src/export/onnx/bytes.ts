import { name as packageName, version } from '../../../package.json';
import { reject } from '../../errors.js';
import type { GraphNode, ModelGraph } from '../graph.js';
import { assemble } from '../protobuf.js';
import { OnnxGraph, type Value } from './graph.js';
import { channelsLast } from './layout.js';
import { layerOf } from './layers/layer.js';
import { writerOf } from './layers/index.js';
import { modelProto, type OnnxModel } from './schema.js';

/** Windows, kernels and flattened maps are written for one size. */
function requireSizes({ name, type, outputShape }: GraphNode): void {
  if (!outputShape.slice(1).includes(null)) return;
  reject(
    `layer "${name}" (${type})`,
    'an output of known size, batch apart',
    outputShape,
    'build the model for one size of input, and reshape to sizes without -1',
  );
}

function onnxModel(model: ModelGraph, metadata: Readonly<Record<string, string>>): OnnxModel {
  const graph = new OnnxGraph([model.input.name, model.output.name]);
  const { input, output } = model;
  const values = new Map<string, Value>();
  const valueOf = (name: string): Value => {
    const value = values.get(name);
    return value ?? reject(`layer "${name}"`, 'one before those that take from it', undefined);
  };
  for (const node of model.nodes) {
    const { name, type, outputShape } = node;
    requireSizes(node);
    const value =
      node === input
        ? { name, shape: outputShape.slice(1) as number[], nonNegative: false }
        : writerOf(name, type)(layerOf(graph, node, node.inputs.map(valueOf)));
    values.set(name, value);
  }
  const last = channelsLast(graph, valueOf(output.name));
  const made =
    last.name === input.name ? graph.add(output.name, 'Identity', [last.name]) : last.name;
  // A model that is its input has no other layer to name its output by.
  const outputName = output === input ? made : output.name;
  graph.rename(made, outputName);
  return {
    name: 'model',
    producer: { name: packageName, version },
    metadata,
    nodes: graph.nodes,
    tensors: [...graph.tensors.values()],
    input: { name: input.name, shape: input.outputShape },
    output: { name: outputName, shape: output.outputShape },
  };
}

/** The bytes of an ONNX file. */
export const onnxBytes = (
  graph: ModelGraph,
  metadata: Readonly<Record<string, string>>,
): Uint8Array => assemble('model', modelProto(onnxModel(graph, metadata)));
