import type { Preprocessing } from '../../base/preprocess.js';
import { ArgumentError } from '../../errors.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import type { ModelGraph } from '../graph.js';
import { lengthOf, MAX_BYTES, type Message } from '../protobuf.js';
import { type GraphWriter, graphWriter } from './graph-writer.js';
import { type LayerInput, writeLayer } from './layers.js';
import { type AxisSizes, DataType, type Port, savedModel } from './messages.js';
import type { SavedModelInput } from './options.js';
import { type Variable, VariableWriter } from './variables.js';
import { decodeJpeg, fitPictures, scalePixels } from './picture.js';

export const SAVED_MODEL_INPUTS: readonly SavedModelInput[] = ['tensor', 'pixels', 'jpeg'];

/** How pictures become the model's input. */
export interface PictureInput {
  readonly kind: Exclude<SavedModelInput, 'tensor'>;
  readonly preprocessing: Preprocessing;
  readonly inputSize: readonly [height: number, width: number];
}

/** Names of a signature's input and output. */
const KEYS = { tensor: 'images', pixels: 'pixels', jpeg: 'jpeg' } as const;
const OUTPUT_KEY = 'probabilities';

export function requireFits(bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  throw new ArgumentError(
    `model: expected at most ${MAX_BYTES} bytes, the limit of a protobuf file, got ${bytes}; ` +
      'choose variables: true, a smaller input, or a head with fewer weights, such as pooledHead()',
  );
}

const sizes = (shape: readonly (number | null)[]): AxisSizes => shape.map((size) => size ?? -1);

interface Fed {
  readonly input: Port;
  /** The node that gives the model's input. */
  readonly images: string;
}

function feed(graph: GraphWriter, model: ModelGraph, picture: PictureInput | undefined): Fed {
  const port = (key: string, type: DataType, shape: AxisSizes): Port => ({
    key,
    type,
    shape,
    node: graph.placeholder(key, type, shape),
  });
  if (picture === undefined) {
    const input = port(KEYS.tensor, DataType.float, sizes(model.input.outputShape));
    return { input, images: input.node };
  }
  const { kind, preprocessing, inputSize } = picture;
  const input =
    kind === 'pixels'
      ? port(KEYS.pixels, DataType.uint8, [-1, -1, -1, 3])
      : port(KEYS.jpeg, DataType.string, [1]);
  const pixels = kind === 'pixels' ? input.node : decodeJpeg(graph, input.node);
  const fitted = fitPictures(graph, pixels, inputSize);
  return { input, images: scalePixels(graph, fitted, preprocessing) };
}

/** Writes all layers, and returns the port of the model's output. */
function writeLayers(graph: GraphWriter, model: ModelGraph, images: string): Port {
  const known = new Map<string, LayerInput>();
  const outputOf = (name: string): LayerInput => {
    const found = known.get(name);
    if (found === undefined) throw new Error(`layer "${name}" is used before it is written`);
    return found;
  };
  for (const layer of model.nodes) {
    const node =
      layer === model.input ? images : writeLayer(graph, layer, layer.inputs.map(outputOf));
    known.set(layer.name, { node, shape: layer.outputShape });
  }
  const { node, shape } = outputOf(model.output.name);
  const end = graph.op('Identity', OUTPUT_KEY, [node]);
  return { key: OUTPUT_KEY, type: DataType.float, shape: sizes(shape), node: end };
}

/**
 * Encodes a model as a `saved_model.pb`. The same model always gives the same bytes.
 *
 * @throws ArgumentError if a layer can't be exported, or the file would exceed 2 GB
 */
export function encodeSavedModel(model: ModelGraph, picture?: PictureInput): Message {
  const graph = graphWriter();
  const { input, images } = feed(graph, model, picture);
  const output = writeLayers(graph, model, images);
  const file = savedModel(graph.nodes, [input], output);
  requireFits(lengthOf(file));
  return file;
}

/** A `saved_model.pb` without weights, which it reads from a checkpoint. */
export interface VariableModel {
  readonly file: Message;
  readonly variables: readonly Variable[];
}

/**
 * As {@link encodeSavedModel}, with the weights in variables.
 *
 * @param dtype number format of the kernels in the checkpoint; variables are float32
 * @throws ArgumentError if a layer can't be exported
 */
export function encodeWithVariables(
  model: ModelGraph,
  picture: PictureInput | undefined,
  dtype: FloatFormat,
): VariableModel {
  const writer = new VariableWriter(dtype);
  const graph = graphWriter(writer.add);
  const { input, images } = feed(graph, model, picture);
  const output = writeLayers(graph, model, images);
  const restoring = writer.restoring(graph);
  return {
    file: savedModel(graph.nodes, [input], output, restoring),
    variables: writer.variables,
  };
}

/** A SavedModel without weights, whose signature takes them as inputs besides the images. */
export interface UnweightedModel {
  readonly file: Message;
  readonly imagesKey: string;
  readonly outputKey: string;
  readonly weights: ReadonlyMap<string, NamedArray>;
}

/** @throws ArgumentError if a layer can't be exported */
export function encodeUnweighted(model: ModelGraph): UnweightedModel {
  const fed: { readonly node: string; readonly weight: NamedArray }[] = [];
  const graph = graphWriter((writer, name, weight) => {
    const node = writer.placeholder(name, DataType.float, weight.shape);
    fed.push({ node, weight });
    return node;
  });
  const { input, images } = feed(graph, model, undefined);
  const output = writeLayers(graph, model, images);
  const ports = fed.map(({ node, weight: { shape } }): Port => ({
    key: node,
    node,
    type: DataType.float,
    shape,
  }));
  return {
    file: savedModel(graph.nodes, [input, ...ports], output),
    imagesKey: input.key,
    outputKey: output.key,
    weights: new Map(fed.map(({ node, weight }) => [node, weight])),
  };
}
