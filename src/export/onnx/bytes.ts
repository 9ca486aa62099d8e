import { name as packageName, version } from '../../../package.json';
import type { Preprocessing } from '../../base/preprocess.js';
import { reject } from '../../errors.js';
import type { GraphNode, ModelGraph } from '../graph.js';
import { assemble } from '../protobuf.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';
import { OnnxGraph, type Value } from './graph.js';
import { withHalfKernels } from './half.js';
import { channelsLast } from './layout.js';
import { layerOf } from './layers/layer.js';
import { writerOf } from './layers/index.js';
import { PIXELS, type PixelType, scaledPixels } from './pixels.js';
import { modelProto, type OnnxModel } from './schema.js';

/** Checks that sizes are known: windows, kernels and flattened maps are written for one size. */
function requireSizes({ name, type, outputShape }: GraphNode): void {
  if (!outputShape.slice(1).includes(null)) return;
  reject(
    `layer "${name}" (${type})`,
    'an output of known size, except for the batch',
    outputShape,
    'build the model for a fixed input size, and reshape to sizes without -1',
  );
}

/** What a file contains besides the layers. */
export interface FileOptions {
  readonly metadata: Readonly<Record<string, string>>;
  /** How the graph scales pixels. Without it the graph takes preprocessed images. */
  readonly preprocessing?: Preprocessing;
  /** Type of the pixels, which are from 0 to 255. @default 'uint8' */
  readonly pixelType?: PixelType;
  /** Number format of the kernels. */
  readonly dtype: FloatFormat;
}

/** A model in ONNX. */
export interface Written {
  readonly model: OnnxModel;
  /** The layer whose output a tensor is; if several only pass it on, the first. */
  readonly layers: ReadonlyMap<string, string>;
}

/** Translates a graph to ONNX. */
export function writeLayers(
  model: ModelGraph,
  { metadata, preprocessing, pixelType = 'uint8' }: Omit<FileOptions, 'dtype'>,
): Written {
  const graph = new OnnxGraph([model.input.name, model.output.name, PIXELS]);
  const { input, output } = model;
  const takesPixels = preprocessing !== undefined;
  const values = new Map<string, Value>();
  const valueOf = (name: string): Value => {
    const value = values.get(name);
    return value ?? reject(`layer "${name}"`, 'to come before the layers that use it', undefined);
  };
  for (const node of model.nodes) {
    const { name, type, outputShape } = node;
    requireSizes(node);
    const shape = outputShape.slice(1) as number[];
    const value =
      node === input
        ? takesPixels
          ? scaledPixels(graph, { name: PIXELS, type: pixelType, shape }, preprocessing)
          : { name, shape, nonNegative: false }
        : writerOf(name, type)(layerOf(graph, node, node.inputs.map(valueOf)));
    values.set(name, value);
  }
  const last = channelsLast(graph, valueOf(output.name));
  const made =
    last.name === input.name ? graph.add(output.name, 'Identity', [last.name]) : last.name;
  // A model without layers has no output layer to name its output after.
  const outputName = output === input ? made : output.name;
  graph.rename(made, outputName);
  const layers = new Map<string, string>();
  for (const [layer, { name }] of values) {
    const tensor = name === made ? outputName : name;
    if (!layers.has(tensor)) layers.set(tensor, layer);
  }
  const written: OnnxModel = {
    name: 'model',
    producer: { name: packageName, version },
    metadata,
    nodes: graph.nodes,
    tensors: [...graph.tensors.values()],
    input: takesPixels
      ? { name: PIXELS, type: pixelType, shape: input.outputShape }
      : { name: input.name, type: 'float32', shape: input.outputShape },
    output: { name: outputName, type: 'float32', shape: output.outputShape },
  };
  return { model: written, layers };
}

/** Writes the bytes of an ONNX file. */
export function onnxBytes(graph: ModelGraph, options: FileOptions): Uint8Array {
  const { model } = writeLayers(graph, options);
  return assemble(
    'model',
    modelProto(options.dtype === 'float16' ? withHalfKernels(model) : model),
  );
}
