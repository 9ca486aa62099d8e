/**
 * The protobuf messages that a SavedModel needs. Field and type numbers are those of
 * tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,types,versions}.proto and
 * tensorflow/core/protobuf/{saved_model,meta_graph}.proto in TensorFlow 2.21; Protocol Buffers never reuse a number.
 */
import { name as packageName } from '../../../package.json';
import { bytes, float, integer, message, type Message, text } from '../protobuf.js';

/** `DataType`. */
export const DataType = { float: 1, double: 2, int32: 3, uint8: 4, string: 7, half: 19 } as const;
export type DataType = (typeof DataType)[keyof typeof DataType];

/** Sizes of axes; -1 allows any size. */
export type AxisSizes = readonly number[];

/** One node: `NodeDef`. */
export interface NodeFields {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Message>>;
}

/** An input or output of a signature: `TensorInfo`, and the key that callers use. */
export interface Port {
  readonly key: string;
  /** Name of the node. */
  readonly node: string;
  readonly type: DataType;
  readonly shape: AxisSizes;
}

/** A variable: `VariableDef`. Each field is the name of a node. */
export interface VariableNodes {
  readonly handle: string;
  readonly value: string;
  readonly assign: string;
}

/** How variables get their values from a checkpoint: `SaverDef`. */
export interface Restoring {
  /** The node that takes the checkpoint's path. */
  readonly path: string;
  /** The node to run. */
  readonly restore: string;
  readonly variables: readonly VariableNodes[];
}

const MAP = { key: 1, value: 2 };
const DIM = { size: 1 };
const TENSOR_SHAPE = { dim: 2 };
const TENSOR = { dtype: 1, shape: 2, content: 4, text: 8 };
const LIST = { i: 3, type: 6 };
const ATTRIBUTE = { list: 1, s: 2, i: 3, f: 4, b: 5, type: 6, shape: 7, tensor: 8 };
const NODE = { name: 1, op: 2, input: 3, attribute: 5 };
const GRAPH = { node: 1, versions: 4 };
const VERSIONS = { producer: 1 };
const TENSOR_INFO = { name: 1, dtype: 2, shape: 3 };
const SIGNATURE = { inputs: 1, outputs: 2, method: 3 };
const META_INFO = { version: 1, tags: 4, strippedDefaults: 7 };
const SAVER = { path: 1, save: 2, restore: 3, version: 7 };
const VARIABLE = { handle: 1, assign: 2, value: 3, isResource: 5 };
const COLLECTION = { bytes: 2 };
const BYTES_LIST = { value: 1 };
const META_GRAPH = { info: 1, graph: 2, saver: 3, collections: 4, signatures: 5 };
const SAVED_MODEL = { schemaVersion: 1, metaGraphs: 2 };

/** `TF_GRAPH_DEF_VERSION` of TensorFlow 2.13, by whose rules operations are interpreted. */
const PRODUCER = 1482;
/** `kSavedModelSchemaVersion` of tensorflow/cc/saved_model/constants.h. */
const SCHEMA_VERSION = 1;
/** The default of TensorFlow, TF Serving and Keras. */
const SERVE_TAG = 'serve';
const DEFAULT_SIGNATURE = 'serving_default';
const PREDICT_METHOD = 'tensorflow/serving/predict';

/** `GLOBAL_VARIABLES`, where Python's `tf.saved_model.load` looks for variables. */
const VARIABLES_COLLECTION = 'variables';
/** `SaverDef.V2`. */
const SAVER_VERSION = 2;

/** A field of type `TensorShapeProto`. */
export const tensorShape = (field: number, shape: AxisSizes): Message =>
  message(
    field,
    shape.flatMap((size) => message(TENSOR_SHAPE.dim, integer(DIM.size, size))),
  );

const entry = (field: number, key: string, value: Message): Message =>
  message(field, [...text(MAP.key, key), ...message(MAP.value, value)]);

/** Values of attributes: `AttrValue`. */
export const attribute = {
  type: (value: DataType): Message => integer(ATTRIBUTE.type, value),
  bool: (value: boolean): Message => integer(ATTRIBUTE.b, value),
  int: (value: number): Message => integer(ATTRIBUTE.i, value),
  float: (value: number): Message => float(ATTRIBUTE.f, value),
  text: (value: string): Message => text(ATTRIBUTE.s, value),
  ints: (values: readonly number[]): Message =>
    message(
      ATTRIBUTE.list,
      values.flatMap((value) => integer(LIST.i, value)),
    ),
  types: (values: readonly DataType[]): Message =>
    message(
      ATTRIBUTE.list,
      values.flatMap((value) => integer(LIST.type, value)),
    ),
  texts: (values: readonly string[], shape: AxisSizes): Message =>
    message(ATTRIBUTE.tensor, [
      ...integer(TENSOR.dtype, DataType.string),
      ...tensorShape(TENSOR.shape, shape),
      ...values.flatMap((value) => text(TENSOR.text, value)),
    ]),
  shape: (value: AxisSizes): Message => tensorShape(ATTRIBUTE.shape, value),
  tensor: (type: DataType, shape: AxisSizes, content: Uint8Array): Message =>
    message(ATTRIBUTE.tensor, [
      ...integer(TENSOR.dtype, type),
      ...tensorShape(TENSOR.shape, shape),
      ...bytes(TENSOR.content, content),
    ]),
};

const node = ({ name, op, inputs, attributes }: NodeFields): Message =>
  message(GRAPH.node, [
    ...text(NODE.name, name),
    ...text(NODE.op, op),
    ...inputs.flatMap((input) => text(NODE.input, input)),
    ...Object.entries(attributes).flatMap(([key, value]) => entry(NODE.attribute, key, value)),
  ]);

const port = (field: number, { key, node: from, type, shape }: Port): Message =>
  entry(field, key, [
    ...text(TENSOR_INFO.name, `${from}:0`),
    ...integer(TENSOR_INFO.dtype, type),
    ...tensorShape(TENSOR_INFO.shape, shape),
  ]);

/** The fields of a graph whose variables are restored from a checkpoint. */
function restoringFields({ path, restore, variables }: Restoring): Message {
  const definitions = variables.map(({ handle, value, assign }) => [
    ...text(VARIABLE.handle, `${handle}:0`),
    ...text(VARIABLE.assign, assign),
    ...text(VARIABLE.value, `${value}:0`),
    ...integer(VARIABLE.isResource, true),
  ]);
  return [
    ...message(META_GRAPH.saver, [
      ...text(SAVER.path, `${path}:0`),
      // Python refuses an empty name. The graph has no node that saves.
      ...text(SAVER.save, `${path}:0`),
      ...text(SAVER.restore, restore),
      ...integer(SAVER.version, SAVER_VERSION),
    ]),
    ...entry(
      META_GRAPH.collections,
      VARIABLES_COLLECTION,
      message(
        COLLECTION.bytes,
        definitions.flatMap((definition) => message(BYTES_LIST.value, definition)),
      ),
    ),
  ];
}

/** The content of a `saved_model.pb`: one graph and one signature. */
export function savedModel(
  nodes: readonly NodeFields[],
  inputs: readonly Port[],
  output: Port,
  restoring?: Restoring,
): Message {
  const metaGraph = [
    ...message(META_GRAPH.info, [
      ...text(META_INFO.version, packageName),
      ...text(META_INFO.tags, SERVE_TAG),
      ...integer(META_INFO.strippedDefaults, true),
    ]),
    ...message(META_GRAPH.graph, [
      ...nodes.flatMap(node),
      ...message(GRAPH.versions, integer(VERSIONS.producer, PRODUCER)),
    ]),
    ...(restoring ? restoringFields(restoring) : []),
    ...entry(META_GRAPH.signatures, DEFAULT_SIGNATURE, [
      ...inputs.flatMap((input) => port(SIGNATURE.inputs, input)),
      ...port(SIGNATURE.outputs, output),
      ...text(SIGNATURE.method, PREDICT_METHOD),
    ]),
  ];
  return [
    ...integer(SAVED_MODEL.schemaVersion, SCHEMA_VERSION),
    ...message(SAVED_MODEL.metaGraphs, metaGraph),
  ];
}
