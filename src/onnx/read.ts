import { ArgumentError } from '../errors.js';
import { Allowance } from '../weights/formats/allowance.js';
import { type ElementName, elementName } from './element-types.js';
import { type FileNode, readNode } from './node.js';
import { type FileTensor, MAX_RANK, readTensor } from './tensor.js';
import { damaged, type Field, fieldsOf, integerOf, quoted, textOf } from './wire.js';

/** A declared input, output or intermediate tensor. */
export interface FileValue {
  readonly name: string;
  /** Undefined if it isn't a tensor. */
  readonly type?: ElementName;
  /** A number, the name of a size that isn't fixed, or null for a size without a name. Undefined if not declared. */
  readonly shape?: readonly (number | string | null)[];
  /** The `ValueInfoProto`, a view. */
  readonly bytes: Uint8Array;
}

/** An ONNX file. Everything that is large stays a view of its bytes. */
export interface OnnxFile {
  readonly name: string;
  readonly irVersion: number;
  /** Versions of operator sets, by domain; ONNX's own is `''`. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Inputs without those that are initializers. */
  readonly inputs: readonly FileValue[];
  /** Initializers that are declared as inputs, as all were before version 4 of the format. */
  readonly defaults: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  /** What the file says about intermediate tensors. */
  readonly values: ReadonlyMap<string, FileValue>;
  /** Each after the nodes that it uses. */
  readonly nodes: readonly FileNode[];
  readonly initializers: ReadonlyMap<string, FileTensor>;
  /** Other fields of the file and of its graph, kept as they are. */
  readonly rest: { readonly model: readonly Field[]; readonly graph: readonly Field[] };
}

/** `ModelProto` begins with its version, field 1. No text file begins with this byte. */
const FIRST_BYTE = 0x08;

/** Whether bytes can be an ONNX file, by the first one. */
export const isOnnx = (bytes: Uint8Array): boolean => bytes[0] === FIRST_BYTE;

/** Fields of `GraphProto` whose order and content only matter within the graph. */
const SPARSE_INITIALIZER = 15;
/** Fields of `ModelProto`. */
export const MODEL = {
  irVersion: 1,
  producer: 2,
  producerVersion: 3,
  graph: 7,
  opsets: 8,
  metadata: 14,
};
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12, value: 13 };

function readShape(bytes: Uint8Array, allowance: Allowance): (number | string | null)[] {
  const shape: (number | string | null)[] = [];
  for (const dimension of fieldsOf(bytes, allowance)) {
    if (dimension.number !== 1) continue;
    let size: number | string | null = null;
    for (const field of fieldsOf(dimension.bytes, allowance)) {
      if (field.number === 1) size = integerOf(field);
      else if (field.number === 2) size = textOf(field) || null;
    }
    // Some tools write -1 or 0 for a size that isn't fixed.
    shape.push(typeof size === 'number' && size < 1 ? null : size);
  }
  if (shape.length > MAX_RANK) damaged(`up to ${MAX_RANK} sizes`, shape.length);
  return shape;
}

function readValue(bytes: Uint8Array, allowance: Allowance): FileValue {
  const value: { name: string; type?: ElementName; shape?: FileValue['shape'] } = { name: '' };
  for (const field of fieldsOf(bytes, allowance)) {
    if (field.number === 1) value.name = textOf(field);
    if (field.number !== 2) continue;
    for (const type of fieldsOf(field.bytes, allowance)) {
      if (type.number !== 1) continue;
      for (const tensor of fieldsOf(type.bytes, allowance)) {
        if (tensor.number === 1) value.type = elementName(integerOf(tensor));
        else if (tensor.number === 2) value.shape = readShape(tensor.bytes, allowance);
      }
    }
  }
  return { ...value, bytes };
}

function readPair(bytes: Uint8Array, allowance: Allowance): [string, string] {
  const pair: [string, string] = ['', ''];
  for (const field of fieldsOf(bytes, allowance)) {
    if (field.number === 1) pair[0] = textOf(field);
    else if (field.number === 2) pair[1] = textOf(field);
  }
  return pair;
}

function readOpset(bytes: Uint8Array, allowance: Allowance): [string, number] {
  const opset: [string, number] = ['', 0];
  for (const field of fieldsOf(bytes, allowance)) {
    if (field.number === 1) opset[0] = textOf(field);
    else if (field.number === 2) opset[1] = integerOf(field);
  }
  return [opset[0] === 'ai.onnx' ? '' : opset[0], opset[1]];
}

type Graph = Omit<OnnxFile, 'irVersion' | 'opsets' | 'metadata' | 'rest'> & {
  readonly rest: readonly Field[];
};

function readGraph(bytes: Uint8Array, allowance: Allowance): Graph {
  const [inputs, outputs]: [FileValue[], FileValue[]] = [[], []];
  const values = new Map<string, FileValue>();
  const nodes: FileNode[] = [];
  const initializers = new Map<string, FileTensor>();
  const rest: Field[] = [];
  let name = '';
  for (const field of fieldsOf(bytes, allowance)) {
    switch (field.number) {
      case GRAPH.node:
        nodes.push(readNode(field.bytes, allowance));
        break;
      case GRAPH.name:
        name = textOf(field);
        break;
      case GRAPH.initializer: {
        const tensor = readTensor(field.bytes, allowance);
        if (initializers.has(tensor.name)) {
          damaged('a name for each tensor', `${quoted(tensor.name)} twice`);
        }
        initializers.set(tensor.name, tensor);
        break;
      }
      case GRAPH.input:
        inputs.push(readValue(field.bytes, allowance));
        break;
      case GRAPH.output:
        outputs.push(readValue(field.bytes, allowance));
        break;
      case GRAPH.value: {
        const value = readValue(field.bytes, allowance);
        values.set(value.name, value);
        break;
      }
      case SPARSE_INITIALIZER:
        throw new ArgumentError(
          'onnx: expected dense weights, got a sparse tensor; export the model without sparse tensors',
        );
      default:
        rest.push(field);
    }
  }
  const isDefault = (input: FileValue) => initializers.has(input.name);
  const given = inputs.filter((input) => !isDefault(input));
  const defaults = inputs.filter(isDefault);
  return { name, inputs: given, defaults, outputs, values, nodes, initializers, rest };
}

/** Checks that each tensor is made once, and before it is used. Cycles are impossible then. */
function requireOrder({ inputs, outputs, nodes, initializers }: Graph): void {
  const known = new Set([...inputs.map(({ name }) => name), ...initializers.keys()]);
  for (const { name, op, inputs: taken, outputs: made } of nodes) {
    const subject = `node ${quoted(name)} (${op})`;
    for (const each of taken) {
      if (each !== '' && !known.has(each)) {
        damaged(`inputs of ${subject} that earlier nodes give`, quoted(each));
      }
    }
    for (const each of made) {
      if (each !== '' && known.has(each))
        damaged('a name for each tensor', `${quoted(each)} twice`);
      known.add(each);
    }
  }
  for (const { name } of outputs) {
    if (!known.has(name)) damaged('outputs that nodes give', quoted(name));
  }
}

/**
 * Reads an ONNX file: its graph, its declared inputs and outputs, and where its weights are. Nothing large is copied, and no weights are
 * read. Graphs within `If`, `Loop` and `Scan` are not read.
 *
 * Every length is checked before anything is allocated, and a file can't take more than a few times its own size.
 *
 * @throws WeightsError if the bytes aren't an ONNX file or are damaged, ArgumentError if its weights are in other files or sparse
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  if (!isOnnx(bytes)) damaged('a file that begins with 08', `${bytes.length} bytes`);
  const allowance = new Allowance(bytes.byteLength, 'onnx');
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const rest: Field[] = [];
  let irVersion = 0;
  let graph: Graph | undefined;
  for (const field of fieldsOf(bytes, allowance)) {
    switch (field.number) {
      case MODEL.irVersion:
        irVersion = integerOf(field);
        break;
      case MODEL.graph:
        if (graph !== undefined) damaged('one graph', 'more');
        graph = readGraph(field.bytes, allowance);
        break;
      case MODEL.opsets:
        opsets.set(...readOpset(field.bytes, allowance));
        break;
      case MODEL.metadata:
        metadata.set(...readPair(field.bytes, allowance));
        break;
      default:
        rest.push(field);
    }
  }
  if (graph === undefined || graph.outputs.length === 0) damaged('a graph with outputs', 'none');
  if (!opsets.has('')) damaged("the version of ONNX's operators", 'none');
  requireOrder(graph);
  return { ...graph, irVersion, opsets, metadata, rest: { model: rest, graph: graph.rest } };
}
