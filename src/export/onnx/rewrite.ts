import { name as packageName, version } from '../../../package.json';
import type { FileNode } from '../../onnx/node.js';
import { type FileValue, GRAPH, MODEL, type OnnxFile } from '../../onnx/read.js';
import type { FileTensor } from '../../onnx/tensor.js';
import { type Field, fieldsOf, textOf } from '../../onnx/wire.js';
import { Allowance } from '../../weights/formats/allowance.js';
import { assemble, integer, message, type Message, text } from '../protobuf.js';

/** The parts of a file that are written anew. Nodes, tensors and values that come from a file are views of it, and aren't copied before the end. */
export interface Parts {
  readonly nodes: readonly Message[];
  readonly tensors: readonly Message[];
  readonly inputs: readonly Message[];
  readonly outputs: readonly Message[];
  readonly values: readonly Message[];
}

/** A field that a file has, as it is. */
export const kept = ({ bytes: content }: { readonly bytes: Uint8Array }): Message => [content];

/** The nodes and tensors that a tensor is computed from. */
export interface Needed {
  readonly nodes: readonly FileNode[];
  readonly tensors: readonly FileTensor[];
  /** Names of all tensors that remain. */
  readonly names: ReadonlySet<string>;
}

/** Finds what is needed to compute a tensor, graphs within nodes included. */
export function neededFor({ nodes, initializers }: OnnxFile, output: string): Needed {
  const wanted = new Set([output]);
  const found: FileNode[] = [];
  // Each node comes after those that it uses.
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    found.push(node);
    for (const name of [...node.inputs, ...node.captured]) wanted.add(name);
  }
  for (const node of found) for (const name of node.outputs) wanted.add(name);
  const tensors = [...initializers.values()].filter(({ name }) => wanted.has(name));
  return { nodes: found.reverse(), tensors, names: wanted };
}

/** Fields of `ModelProto` that no longer hold: the producer, which is this package now, and how the model was trained. */
const REPLACED: readonly number[] = [MODEL.producer, MODEL.producerVersion, 20];
/** The field of `GraphProto` with how tensors were quantized, by name. */
const QUANTIZATION = 14;

/** Whether a field of a graph still says something about it. */
function applies({ number, bytes: content }: Field, names: ReadonlySet<string>): boolean {
  if (number !== QUANTIZATION) return true;
  const fields = fieldsOf(content, new Allowance(content.length, 'onnx'));
  for (const field of fields) if (field.number === 1) return names.has(textOf(field));
  return false;
}

/** The values that a file declares of the tensors that remain. */
export const declaredValues = ({ values }: OnnxFile, names: ReadonlySet<string>): FileValue[] =>
  [...values.values()].filter(({ name }) => names.has(name));

/**
 * Writes a file with other parts than it had. Its versions of operators stay.
 *
 * @throws ArgumentError above 2 GB
 */
export function rewritten(
  file: OnnxFile,
  { names }: Needed,
  parts: Parts,
  { irVersion, metadata }: { irVersion: number; metadata: ReadonlyMap<string, string> },
): Uint8Array {
  const field = (number: number) => (each: Message) => message(number, each);
  const graph: Message = [
    ...parts.nodes.flatMap(field(GRAPH.node)),
    ...text(GRAPH.name, file.name || 'model'),
    ...parts.tensors.flatMap(field(GRAPH.initializer)),
    ...parts.inputs.flatMap(field(GRAPH.input)),
    ...parts.outputs.flatMap(field(GRAPH.output)),
    ...parts.values.flatMap(field(GRAPH.value)),
    ...file.rest.graph.filter((each) => applies(each, names)).map(({ whole }) => whole),
  ];
  return assemble('model', [
    ...integer(MODEL.irVersion, irVersion),
    ...text(MODEL.producer, packageName),
    ...text(MODEL.producerVersion, version),
    ...file.rest.model.filter(({ number }) => !REPLACED.includes(number)).map(({ whole }) => whole),
    ...message(MODEL.graph, graph),
    ...[...file.opsets].flatMap(([domain, opset]) =>
      message(MODEL.opsets, [...text(1, domain), ...integer(2, opset)]),
    ),
    ...[...metadata].flatMap(([key, value]) =>
      message(MODEL.metadata, [...text(1, key), ...text(2, value)]),
    ),
  ]);
}

/** Fields of `NodeProto` and `TensorProto` that are names. */
const NODE_NAMES = [1, 2, 3];
const TENSOR_NAMES = [8];

/** A node or a tensor with other names; the rest isn't copied. */
function withNames(
  content: Uint8Array,
  fields: readonly number[],
  rename: (name: string) => string,
): Message {
  const allowance = new Allowance(content.length, 'onnx');
  return [...fieldsOf(content, allowance)].flatMap((field) =>
    fields.includes(field.number) ? text(field.number, rename(textOf(field))) : [field.whole],
  );
}

export const renamedNode = (node: FileNode, rename: (name: string) => string): Message =>
  withNames(node.bytes, NODE_NAMES, rename);

export const renamedTensor = (tensor: FileTensor, rename: (name: string) => string): Message =>
  withNames(tensor.bytes, TENSOR_NAMES, rename);
