import type { Allowance } from '../weights/formats/allowance.js';
import { type FileTensor, readTensor } from './tensor.js';
import { damaged, fieldsOf, floatsOf, integerOf, integersOf, quoted, textOf } from './wire.js';

/** The value of an attribute; `null` stands for a graph or another kind that isn't read. */
export type Attribute = number | string | readonly number[] | readonly string[] | FileTensor | null;

/** An operator. */
export interface FileNode {
  readonly name: string;
  /** Such as `Conv`. */
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  /** Names of tensors; empty for an optional input that isn't given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Names that the graphs within an `If` or a `Loop` use; some are defined within them. */
  readonly captured: readonly string[];
  /** The `NodeProto`, a view. */
  readonly bytes: Uint8Array;
}

/** The node that makes each tensor, by the tensor's name. */
export const makersOf = (nodes: readonly FileNode[]): ReadonlyMap<string, FileNode> =>
  new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));

/** Graphs within graphs, such as an `If` within a `Loop`. Exporters nest two or three; the limit guards the stack. */
const MAX_DEPTH = 16;

/** Fields of `NodeProto`. */
const INPUT = 1;
const OUTPUT = 2;
const NAME = 3;
const OP = 4;
const ATTRIBUTE = 5;
const DOMAIN = 7;

/** The one field of `GraphProto` that is read of a nested graph. */
const GRAPH_NODE = 1;

/** `AttributeProto.AttributeType`. */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const TENSOR = 4;
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;

interface ReadAttribute {
  readonly name: string;
  readonly value: Attribute;
  readonly graphs: readonly Uint8Array[];
}

function readAttribute(bytes: Uint8Array, allowance: Allowance): ReadAttribute {
  const [floats, ints]: number[][] = [[], []];
  const texts: string[] = [];
  const graphs: Uint8Array[] = [];
  let [name, type, float, integer, text] = ['', 0, 0, 0, ''];
  let tensor: FileTensor | undefined;
  for (const field of fieldsOf(bytes, allowance)) {
    switch (field.number) {
      case 1:
        name = textOf(field);
        break;
      case 2:
        [float = 0] = floatsOf(field);
        break;
      case 3:
        integer = integerOf(field);
        break;
      case 4:
        text = textOf(field);
        break;
      case 5:
        tensor = readTensor(field.bytes, allowance);
        break;
      case 6:
      case 11:
        graphs.push(field.bytes);
        break;
      case 7:
        // Eight bytes a number, of four in the file.
        allowance.take(2 * field.bytes.length);
        floats?.push(...floatsOf(field));
        break;
      case 8: {
        allowance.take(8 * field.bytes.length);
        for (const each of integersOf(field)) ints?.push(each);
        break;
      }
      case 9:
        texts.push(textOf(field));
        break;
      case 20:
        type = integerOf(field);
        break;
    }
  }
  const values: Readonly<Record<number, Attribute | undefined>> = {
    ...{ [FLOAT]: float, [INT]: integer, [STRING]: text, [TENSOR]: tensor ?? null },
    ...{ [FLOATS]: floats, [INTS]: ints, [STRINGS]: texts },
  };
  return { name, value: values[type] ?? null, graphs };
}

/** The names that the nodes of a graph within a node use, at any depth. */
function capturedBy(graph: Uint8Array, allowance: Allowance, depth: number): string[] {
  if (depth > MAX_DEPTH) damaged(`graphs nested up to ${MAX_DEPTH} deep`, 'more');
  const names: string[] = [];
  for (const { number, bytes } of fieldsOf(graph, allowance)) {
    if (number === GRAPH_NODE) {
      const { inputs, captured } = readNode(bytes, allowance, depth + 1);
      for (const name of [...inputs, ...captured]) names.push(name);
    }
    // An output of the graph can be a tensor from around it.
    if (number === 12) names.push(nameOfValue(bytes, allowance));
  }
  return names;
}

function nameOfValue(bytes: Uint8Array, allowance: Allowance): string {
  for (const field of fieldsOf(bytes, allowance)) if (field.number === 1) return textOf(field);
  return '';
}

/** @throws WeightsError if it is damaged, ArgumentError if it has numbers in another file */
export function readNode(bytes: Uint8Array, allowance: Allowance, depth = 0): FileNode {
  const [inputs, outputs, captured]: [string[], string[], string[]] = [[], [], []];
  const attributes = new Map<string, Attribute>();
  let [name, op, domain] = ['', '', ''];
  for (const field of fieldsOf(bytes, allowance)) {
    switch (field.number) {
      case INPUT:
        inputs.push(textOf(field));
        break;
      case OUTPUT:
        outputs.push(textOf(field));
        break;
      case NAME:
        name = textOf(field);
        break;
      case OP:
        op = textOf(field);
        break;
      case DOMAIN:
        domain = textOf(field);
        break;
      case ATTRIBUTE: {
        const attribute = readAttribute(field.bytes, allowance);
        attributes.set(attribute.name, attribute.value);
        for (const graph of attribute.graphs) {
          for (const each of capturedBy(graph, allowance, depth)) captured.push(each);
        }
        break;
      }
    }
  }
  if (op === '') damaged(`an operator for node ${quoted(name)}`, 'none');
  // Another name for the same domain.
  if (domain === 'ai.onnx') domain = '';
  return { name, op, domain, inputs, outputs, attributes, captured, bytes };
}
