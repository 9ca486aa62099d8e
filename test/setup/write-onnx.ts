import {
  assemble,
  bytes,
  float,
  integer,
  message,
  type Message,
  text,
} from '../../src/export/protobuf';
import type { KnownElement } from '../../src/onnx/element-types';
import { type Dimension, nodeProto, valueInfo } from '../../src/export/onnx/schema';

type Attribute =
  number | readonly number[] | { readonly text: string } | { readonly float: number };

function attribute([name, value]: [string, Attribute]): Message {
  const content =
    typeof value === 'number'
      ? [...integer(3, value), ...integer(20, 2)]
      : Array.isArray(value)
        ? [...(value as readonly number[]).flatMap((each) => integer(8, each)), ...integer(20, 7)]
        : 'text' in value
          ? [...text(4, value.text), ...integer(20, 3)]
          : [...float(2, (value as { float: number }).float), ...integer(20, 1)];
  return message(5, [...text(1, name), ...content]);
}

/** A node with one output, for {@link onnxFile}. */
export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
  more: Message = [],
): Message => [
  ...nodeProto({ name: output, op, inputs, output, attributes: {} }),
  ...Object.entries(attributes).flatMap(attribute),
  ...more,
];

/** A tensor of zeros, or of the integers given. */
export function tensor(
  name: string,
  shape: readonly number[],
  values?: readonly number[],
): Message {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = values
    ? new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    : new Uint8Array(4 * count);
  return [
    ...shape.flatMap((size) => integer(1, size)),
    ...integer(2, values ? 7 : 1),
    ...text(8, name),
    ...bytes(9, data),
  ];
}

export interface Written {
  readonly nodes: readonly Message[];
  readonly tensors?: readonly Message[];
  readonly input?: readonly Dimension[];
  /** The input's name. @default "x" */
  readonly name?: string;
  /** The input's type. @default 'float32' */
  readonly type?: KnownElement;
  readonly outputs?: readonly string[];
  /** The outputs' number of axes; their sizes aren't declared. @default 4 */
  readonly rank?: number;
  readonly values?: readonly Message[];
  readonly opset?: number;
  readonly more?: Message;
}

/** The bytes of an ONNX file with the input "x" and the output "y", unless named. */
export const onnxFile = ({
  nodes,
  tensors = [],
  input = ['batch', 3, 32, 32],
  name = 'x',
  type = 'float32',
  outputs = ['y'],
  rank = 4,
  values = [],
  opset = 17,
  more = [],
}: Written): Uint8Array =>
  assemble('file', [
    ...integer(1, 8),
    ...message(7, [
      ...nodes.flatMap((each) => message(1, each)),
      ...text(2, 'graph'),
      ...tensors.flatMap((each) => message(5, each)),
      ...message(11, valueInfo(name, type, input)),
      ...outputs.flatMap((name) =>
        message(12, valueInfo(name, 'float32', Array<null>(rank).fill(null))),
      ),
      ...values.flatMap((each) => message(13, each)),
      ...more,
    ]),
    ...message(8, integer(2, opset)),
  ]);
