import type { NamedArray } from '../../weights/formats/named-array.js';
import type { Message } from '../protobuf.js';
import { attribute, type AxisSizes, DataType, type NodeFields } from './messages.js';

type Numbers = Float32Array | Float64Array | Int32Array;

const typeOf = (data: Numbers): DataType =>
  data instanceof Float32Array
    ? DataType.float
    : data instanceof Float64Array
      ? DataType.double
      : DataType.int32;

/** Collects the nodes of a TensorFlow graph. Each method adds a node and returns its name. */
export interface GraphWriter {
  readonly nodes: readonly NodeFields[];
  /** Adds an operation. `attributes` default to the type `T` of float inputs. */
  op(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Message>>,
  ): string;
  /** Adds an input. */
  placeholder(name: string, type: DataType, shape: AxisSizes): string;
  constant(name: string, data: Numbers, shape?: AxisSizes): string;
  /** Adds a layer's weight, as a constant or as an input. */
  weight(name: string, weight: NamedArray): string;
}

/** A weight that is an input, and the name of its placeholder. */
export interface FedWeight {
  readonly node: string;
  readonly weight: NamedArray;
}

/** Attributes of an operation on floats. */
export const FLOATS: NodeFields['attributes'] = { T: attribute.type(DataType.float) };

/** @param fed receives the weights, which are inputs then; without it they are constants */
export function graphWriter(fed?: FedWeight[]): GraphWriter {
  const nodes: NodeFields[] = [];
  const taken = new Set<string>();

  const add = (
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: NodeFields['attributes'],
  ): string => {
    // TensorFlow.js accepts only layer names that are valid in TensorFlow, so the name only has to be unique.
    let free = name;
    for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
    taken.add(free);
    nodes.push({ name: free, op, inputs, attributes });
    return free;
  };

  const writer: GraphWriter = {
    nodes,
    op: (op, name, inputs, attributes = FLOATS) => add(name, op, inputs, attributes),
    placeholder: (name, type, shape) =>
      add(name, 'Placeholder', [], {
        dtype: attribute.type(type),
        shape: attribute.shape(shape),
      }),
    constant(name, data, shape = [data.length]) {
      const type = typeOf(data);
      const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return add(name, 'Const', [], {
        dtype: attribute.type(type),
        value: attribute.tensor(type, shape, content),
      });
    },
    weight(name, weight) {
      const { data, shape } = weight;
      if (fed === undefined) return writer.constant(name, data, shape);
      const node = writer.placeholder(name, DataType.float, shape);
      fed.push({ node, weight });
      return node;
    },
  };
  return writer;
}
