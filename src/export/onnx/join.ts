import { reject, show } from '../../errors.js';
import { elementCode } from '../../onnx/element-types.js';
import type { OnnxFeatures } from '../../onnx/features.js';
import { type FileValue, type OnnxFile, readOnnx } from '../../onnx/read.js';
import { quoted } from '../../onnx/wire.js';
import type { Message } from '../protobuf.js';
import { addFront, type PixelInput } from './front.js';
import { OnnxGraph } from './graph.js';
import { TO_CHANNELS_LAST } from './layout.js';
import { type Dimension, nodeProto, type OnnxNode, tensorProto, valueInfo } from './schema.js';
import {
  declaredValues,
  kept,
  neededFor,
  renamedNode,
  renamedTensor,
  rewritten,
} from './rewrite.js';

/**
 * From ONNX 1.8 (2020) to the latest version, 1.23, all operators that this package writes mean the same; before, `Softmax` had other axes
 * and `Clip` other inputs. Seen in the history of `onnx.defs`.
 */
const OPSETS = { first: 13, last: 28 };
/** From this version of the format, initializers needn't be inputs. */
const LEAST_IR_VERSION = 4;

function requireOpset(file: OnnxFile): void {
  const opset = file.opsets.get('') ?? 0;
  if (opset >= OPSETS.first && opset <= OPSETS.last) return;
  reject(
    'onnx: opset',
    `${OPSETS.first} to ${OPSETS.last}, where a head's operators mean the same`,
    opset,
    'export the model again with another opset, or convert it by onnx.version_converter in Python',
  );
}

/** What `exportOnnx` stores of a classifier or its input; the file's own entries no longer hold. */
const OF_SCORES = ['classes', 'thresholds', 'inputSize'];

const NO_SIZE: Dimension = null;
/** The output of a file that is cut; the names of nodes that convert it begin with it. */
const FEATURES = 'features';

/** Converts features to float32 `[batch, height, width, channels]`, or `[batch, channels]`. Returns the result's name. */
function converted(
  graph: OnnxGraph,
  { output, layout, type, shape: [, , channels] }: OnnxFeatures,
  isVector: boolean,
): string {
  let name = output;
  const add = (op: string, attributes: OnnxNode['attributes'], ...inputs: readonly string[]) => {
    name = graph.add(FEATURES, op, [name, ...inputs], attributes);
  };
  const reshape = (shape: readonly number[]) => {
    add('Reshape', {}, graph.integers(shape));
  };
  if (type !== 'float32') add('Cast', { to: elementCode('float32') });
  // In Reshape, 0 keeps a size.
  if (layout === 'nchw') add('Transpose', { perm: TO_CHANNELS_LAST });
  if (layout === 'tokens') reshape([0, 1, -1, channels]);
  if (layout === 'vector' && !isVector) reshape([0, 1, 1, channels]);
  return name;
}

/** A prefix for the head's names that no name in a file has: `head/`, or `head2/`. */
function freePrefix(names: Iterable<string>): string {
  const taken = [...names];
  for (let i = 1; ; i++) {
    const prefix = i === 1 ? 'head/' : `head${i}/`;
    if (!taken.some((name) => name.startsWith(prefix))) return prefix;
  }
}

/** The name or size of the batch dimension. */
function batchOf({ inputs }: OnnxFile, { input }: OnnxFeatures): Dimension {
  const shape = inputs.find(({ name }) => name === input.name)?.shape;
  return shape?.[0] ?? NO_SIZE;
}

function requireHead(head: OnnxFile): { readonly input: FileValue; readonly output: FileValue } {
  const [input, output] = [head.inputs[0], head.outputs[0]];
  const isSingle = head.inputs.length === 1 && head.outputs.length === 1;
  const isPlain = head.nodes.every(({ domain, captured }) => domain === '' && !captured.length);
  if (!isSingle || !isPlain || input?.type !== 'float32' || output === undefined) {
    reject(
      'head',
      'a file that exportOnnx wrote of a head',
      `${head.inputs.length} inputs of ${show(head.inputs.map(({ type }) => type))}`,
    );
  }
  return { input, output };
}

/** Whether the head takes vectors, after a check that its input fits the features. */
function takesVectors({ shape = [] }: FileValue, features: OnnxFeatures): boolean {
  const isVector = shape.length === 2 && features.layout === 'vector';
  const expected = isVector ? features.shape.slice(2) : features.shape;
  const own = shape.slice(1);
  const fits =
    own.length === expected.length &&
    own.every((size, i) => typeof size !== 'number' || size === expected[i]);
  if (!fits) reject('head', `an input ${show(expected)}, the features' shape`, own);
  return isVector;
}

/** Options of {@link cutOnnx}. */
export interface CutOptions {
  /** The input, if it is to be pixels, which the file scales. @default the file's own input, which takes preprocessed images */
  readonly pixels?: PixelInput;
}

/** Options of {@link joinOnnx}. */
export interface JoinOptions extends CutOptions {
  /** Strings to store in the file, besides and in place of its own. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

function joined(
  file: OnnxFile,
  features: OnnxFeatures,
  head: OnnxFile | undefined,
  { pixels, metadata = {} }: JoinOptions,
): Uint8Array {
  requireOpset(file);
  const needed = neededFor(file, features.output);
  const inner = needed.nodes.map(({ name }) => name);
  const used = new Set([...needed.names, ...inner, ...file.inputs.map(({ name }) => name)]);
  const prefix = freePrefix(used);
  const ends = head && requireHead(head);
  const isVector = ends !== undefined && takesVectors(ends.input, features);
  const batch = batchOf(file, features);
  const graph = new OnnxGraph([...used]);
  const front = pixels && addFront(graph, features, pixels);
  if (front) used.add(front.name);
  const before = graph.nodes.map(nodeProto);
  const last = converted(graph, features, isVector);
  const nodes = graph.nodes.slice(before.length).map(nodeProto);
  const tensors = [...graph.tensors.values()].map(tensorProto);
  const nameOf = (own: string) => (used.has(own) || own.includes('/') ? `${prefix}${own}` : own);
  let output: Message;
  if (head === undefined || ends === undefined) {
    const name = nameOf(FEATURES);
    nodes.push(nodeProto({ name, op: 'Identity', inputs: [last], output: name, attributes: {} }));
    // Sizes can depend on the image's, the channels can't.
    const isSized = front !== undefined || features.input.size.every((size) => size !== null);
    const [height, width, channels] = features.shape;
    const sizes = isSized ? [height, width] : [NO_SIZE, NO_SIZE];
    output = valueInfo(name, 'float32', [batch, ...sizes, channels]);
  } else {
    const answer = nameOf(ends.output.name);
    const rename = (name: string) =>
      name === ''
        ? ''
        : name === ends.input.name
          ? last
          : name === ends.output.name
            ? answer
            : `${prefix}${name}`;
    nodes.push(...head.nodes.map((node) => renamedNode(node, rename)));
    tensors.push(...[...head.initializers.values()].map((each) => renamedTensor(each, rename)));
    const sizes = ends.output.shape?.slice(1) ?? [];
    output = valueInfo(answer, 'float32', [batch, ...sizes]);
  }
  const remaining = (value: FileValue) => needed.names.has(value.name);
  const parts = {
    nodes: [...before, ...needed.nodes.map(kept), ...nodes],
    tensors: [...needed.tensors.map(kept), ...tensors],
    inputs: [
      ...(front
        ? [valueInfo(front.name, front.type, [batch, ...front.shape])]
        : file.inputs.map(kept)),
      ...file.defaults.filter(remaining).map(kept),
    ],
    outputs: [output],
    values: declared(file, needed.names),
  };
  return rewritten(file, needed, parts, {
    irVersion: Math.max(file.irVersion, head?.irVersion ?? 0, LEAST_IR_VERSION),
    metadata: new Map([
      ...[...file.metadata].filter(([key]) => !OF_SCORES.includes(key)),
      ...Object.entries(metadata),
    ]),
  });
}

/** What the file says about tensors that remain, former outputs included. */
const declared = (file: OnnxFile, names: ReadonlySet<string>): Message[] => {
  const own = declaredValues(file, names);
  const known = new Set(own.map(({ name }) => name));
  const outputs = file.outputs.filter(({ name }) => names.has(name) && !known.has(name));
  return [...own, ...outputs].map(kept);
};

/**
 * Cuts an ONNX file at its features: nodes and weights that they don't need are left out. The only output, `features`, is float32
 * `[batch, height, width, channels]`. Everything else is copied byte by byte, except for the input with `pixels`.
 *
 * @throws ArgumentError if the file's opset isn't supported, or pixels are to be scaled for an input of uint8
 */
export const cutOnnx = (
  file: OnnxFile,
  features: OnnxFeatures,
  options: CutOptions = {},
): Uint8Array => joined(file, features, undefined, options);

/**
 * Joins an ONNX backbone and a head to one file. Nodes and weights that the features don't need are left out. The head's output is the
 * only one; its other names get a prefix. Versions of operators stay the file's.
 *
 * A head takes maps `[batch, height, width, channels]` in float32: channels-first maps are transposed, tokens are a map of height 1,
 * vectors one of one position. A head that takes `[batch, channels]` gets vectors as they are.
 *
 * @param head bytes that `exportOnnx` wrote for a head
 * @throws ArgumentError if the head doesn't fit the features, the file's opset isn't supported, pixels are to be scaled for an input of
 *   uint8, or the result exceeds 2 GB
 */
export function joinOnnx(
  file: OnnxFile,
  features: OnnxFeatures,
  head: Uint8Array,
  options: JoinOptions = {},
): Uint8Array {
  const read = readOnnx(head);
  if (read.opsets.size > 1)
    reject('head', "ONNX's own operators", quoted([...read.opsets.keys()].join()));
  return joined(file, features, read, options);
}
