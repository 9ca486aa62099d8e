import type { Shape } from '../../layers/factory.js';
import { elementCode, type KnownElement } from '../../onnx/element-types.js';
import { bytes, type Deferred, float, integer, message, type Message, text } from '../protobuf.js';

/*
 * The messages of onnx.proto that a model needs, and their field numbers
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

/**
 * Versions of ONNX 1.12 from 2022 (https://github.com/onnx/onnx/blob/main/docs/Versioning.md). Older versions work in more runtimes, and
 * later ones don't improve the operators used here.
 */
const OPSET_VERSION = 17;
const IR_VERSION = 8;

/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPES = { float: 1, integer: 2, integers: 7 } as const;

/** Name of the batch dimension, whose size isn't fixed. */
const BATCH = 'batch';

/** An integer, a list of integers, or a float. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: KnownElement;
  readonly shape: Shape;
  /** Little-endian, row-major. */
  readonly data: Deferred;
  /** Where the data is, if it isn't part of the model's file. */
  readonly external?: ExternalData;
}

/** A part of another file. */
export interface ExternalData {
  /** Name of the file, in the model's folder. */
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
}

/** An input or output of the graph; `null` is the batch dimension. */
export interface OnnxValue {
  readonly name: string;
  readonly type: KnownElement;
  readonly shape: readonly (number | null)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly input: OnnxValue;
  readonly output: OnnxValue;
}

function attributeProto([name, value]: [string, Attribute]): Message {
  if (typeof value === 'number') {
    return [...text(1, name), ...integer(3, value), ...integer(20, ATTRIBUTE_TYPES.integer)];
  }
  if ('float' in value) {
    return [...text(1, name), ...float(2, value.float), ...integer(20, ATTRIBUTE_TYPES.float)];
  }
  return [
    ...text(1, name),
    ...value.flatMap((each) => integer(8, each)),
    ...integer(20, ATTRIBUTE_TYPES.integers),
  ];
}

export const nodeProto = ({ name, op, inputs, output, attributes }: OnnxNode): Message => [
  ...inputs.flatMap((input) => text(1, input)),
  ...text(2, output),
  ...text(3, name),
  ...text(4, op),
  ...Object.entries(attributes).flatMap((each) => message(5, attributeProto(each))),
];

/** `TensorProto.DataLocation`. */
const EXTERNAL = 1;

const externalProto = ({ location, offset }: ExternalData, length: number): Message => [
  ...Object.entries({ location, offset, length }).flatMap(([key, value]) =>
    message(13, [...text(1, key), ...text(2, String(value))]),
  ),
  ...integer(14, EXTERNAL),
];

export const tensorProto = ({ name, type, shape, data, external }: OnnxTensor): Message => [
  ...shape.flatMap((size) => integer(1, size)),
  ...integer(2, elementCode(type)),
  ...text(8, name),
  ...(external ? externalProto(external, data.byteLength) : bytes(9, data)),
];

/** A size, the name of one that isn't fixed, or null for one without a name. */
export type Dimension = number | string | null;

/** A `ValueInfoProto` of a tensor. */
export function valueInfo(name: string, type: KnownElement, shape: readonly Dimension[]): Message {
  const dimensions = shape.flatMap((size) =>
    message(1, typeof size === 'number' ? integer(1, size) : size === null ? [] : text(2, size)),
  );
  const tensorType = [...integer(1, elementCode(type)), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensorType))];
}

const valueProto = ({ name, type, shape }: OnnxValue): Message =>
  valueInfo(
    name,
    type,
    shape.map((size) => size ?? BATCH),
  );

const graphProto = ({ name, nodes, tensors, input, output }: OnnxModel): Message => [
  ...nodes.flatMap((node) => message(1, nodeProto(node))),
  ...text(2, name),
  ...tensors.flatMap((tensor) => message(5, tensorProto(tensor))),
  ...message(11, valueProto(input)),
  ...message(12, valueProto(output)),
];

export const modelProto = (model: OnnxModel): Message => [
  ...integer(1, IR_VERSION),
  ...text(2, model.producer.name),
  ...text(3, model.producer.version),
  ...message(7, graphProto(model)),
  ...message(8, integer(2, OPSET_VERSION)),
  ...Object.entries(model.metadata).flatMap(([key, value]) =>
    message(14, [...text(1, key), ...text(2, value)]),
  ),
];
