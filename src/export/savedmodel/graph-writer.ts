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
  /** Adds a constant of strings. */
  texts(name: string, values: readonly string[], shape?: AxisSizes): string;
  /** Adds a layer's weight, as a constant, a variable or an input. */
  weight(name: string, weight: NamedArray): string;
}

/** Adds a layer's weight to a graph. Returns the node that gives its value. */
export type WeightWriter = (graph: GraphWriter, name: string, weight: NamedArray) => string;

const asConstant: WeightWriter = (graph, name, { data, shape }) =>
  graph.constant(name, data, shape);

/** Attributes of an operation on floats. */
export const FLOATS: NodeFields['attributes'] = { T: attribute.type(DataType.float) };

export function graphWriter(addWeight: WeightWriter = asConstant): GraphWriter {
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
    texts: (name, values, shape = [values.length]) =>
      add(name, 'Const', [], {
        dtype: attribute.type(DataType.string),
        value: attribute.texts(values, shape),
      }),
    weight: (name, weight) => addWeight(writer, name, weight),
  };
  return writer;
}
