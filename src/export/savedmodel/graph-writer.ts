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

/** Collects the nodes of a TensorFlow graph. Each method returns the name of the node that it adds. */
export interface GraphWriter {
  readonly nodes: readonly NodeFields[];
  /** An operation; without `attributes`, one that needs only `T`, the type of its inputs, which are floats. */
  op(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Message>>,
  ): string;
  /** Fed by the caller. */
  placeholder(name: string, type: DataType, shape: AxisSizes): string;
  constant(name: string, data: Numbers, shape?: AxisSizes): string;
  /** A weight of a layer: a constant, or fed. */
  weight(name: string, weight: NamedArray): string;
}

/** A weight that the caller feeds, by the name of its placeholder. */
export interface FedWeight {
  readonly node: string;
  readonly weight: NamedArray;
}

/** Attributes of an operation on floats. */
export const FLOATS: NodeFields['attributes'] = { T: attribute.type(DataType.float) };

/** @param fed takes the weights, which otherwise become constants */
export function graphWriter(fed?: FedWeight[]): GraphWriter {
  const nodes: NodeFields[] = [];
  const taken = new Set<string>();

  const add = (
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: NodeFields['attributes'],
  ): string => {
    // TensorFlow.js admits no layer's name that TensorFlow refuses, so that it only has to be free.
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
