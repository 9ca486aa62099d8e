import { ArgumentError, show } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import type { Allowance } from '../weights/formats/allowance.js';
import { halfToFloat } from '../weights/formats/half.js';
import { view } from '../weights/formats/view.js';
import { bytesOfElements, type ElementName, elementName } from './element-types.js';
import {
  damaged,
  type Field,
  fieldsOf,
  floatsOf,
  integerOf,
  integersOf,
  MAX_VARINT_BYTES,
  quoted,
  textOf,
} from './wire.js';

/** Axes of a tensor: video models have 6, and windowed attention 8. It also keeps products of hostile sizes in range. */
export const MAX_RANK = 16;

const MAX_BYTES_OF_SIZES = MAX_VARINT_BYTES * MAX_RANK;

/** A tensor in a file. Its numbers stay where they are. */
export interface FileTensor {
  readonly name: string;
  readonly type: ElementName;
  readonly shape: Shape;
  /** The `TensorProto`, a view. */
  readonly bytes: Uint8Array;
  /** Its numbers: little-endian bytes, or fields of a protobuf message. Views. */
  readonly data: { readonly raw: Uint8Array } | { readonly fields: readonly Field[] };
}

/** Fields of `TensorProto`. */
const DIMS = 1;
const DATA_TYPE = 2;
const SEGMENT = 3;
const FLOAT_DATA = 4;
const INT32_DATA = 5;
const STRING_DATA = 6;
const INT64_DATA = 7;
const NAME = 8;
const RAW_DATA = 9;
const DOUBLE_DATA = 10;
const UINT64_DATA = 11;
const DATA_LOCATION = 14;

const NUMBERS = [FLOAT_DATA, INT32_DATA, STRING_DATA, INT64_DATA, DOUBLE_DATA, UINT64_DATA];

/** The product of sizes. */
export const elements = (shape: Shape): number =>
  shape.reduce((product, size) => product * size, 1);

export function requireShape(subject: string, shape: Shape): Shape {
  const fits = shape.length <= MAX_RANK && shape.every((size) => size >= 0);
  if (!fits || !Number.isSafeInteger(elements(shape))) {
    damaged(`${subject} with up to ${MAX_RANK} sizes of 0 or more`, show(shape));
  }
  return shape;
}

/** A size takes one byte or more: a list of too many isn't read. */
function sizesOf(field: Field): number[] {
  const { length } = field.bytes;
  return length > MAX_BYTES_OF_SIZES
    ? damaged(`up to ${MAX_RANK} sizes`, `${length} bytes of them`)
    : integersOf(field);
}

/**
 * Reads a tensor, and checks that it holds as many numbers as its shape says. No number is read.
 *
 * @throws WeightsError if it is damaged, ArgumentError if its numbers are in another file
 */
export function readTensor(bytes: Uint8Array, allowance: Allowance): FileTensor {
  const shape: number[] = [];
  const fields: Field[] = [];
  let [name, code] = ['', 0];
  let raw: Uint8Array | undefined;
  let isExternal = false;
  for (const field of fieldsOf(bytes, allowance)) {
    if (field.number === DIMS) shape.push(...sizesOf(field));
    else if (field.number === DATA_TYPE) code = integerOf(field);
    else if (field.number === NAME) name = textOf(field);
    else if (field.number === RAW_DATA) raw = field.bytes;
    else if (field.number === DATA_LOCATION) isExternal = integerOf(field) === 1;
    else if (field.number === SEGMENT) damaged(`tensor ${quoted(name)} in one piece`, 'a segment');
    else if (NUMBERS.includes(field.number)) fields.push(field);
  }
  const subject = `tensor ${quoted(name)}`;
  if (isExternal) {
    throw new ArgumentError(
      `onnx: expected all weights in the file, got ${subject} in another file; save the model as one file, in Python: ` +
        'onnx.save(onnx.load("model.onnx"), "one-file.onnx")',
    );
  }
  const count = elements(requireShape(subject, shape));
  const expected = bytesOfElements(code, count);
  if (raw !== undefined && !Number.isNaN(expected) && raw.length !== expected) {
    damaged(`${expected} bytes for ${subject} of shape ${show(shape)}`, raw.length);
  }
  if (raw === undefined && count > 0 && fields.length === 0) {
    damaged(`${count} numbers for ${subject}`, 'none');
  }
  const data = raw === undefined ? { fields } : { raw };
  return { name, type: elementName(code), shape, bytes, data };
}

const RAW_READERS: Readonly<Partial<Record<ElementName, (raw: Uint8Array) => ArrayLike<number>>>> =
  {
    float32: (raw) => view(raw, Float32Array),
    float64: (raw) => view(raw, Float64Array),
    float16: (raw) => halfToFloat(view(raw, Uint16Array)),
    uint8: (raw) => raw,
    bool: (raw) => raw,
    int8: (raw) => view(raw, Int8Array),
    int16: (raw) => view(raw, Int16Array),
    uint16: (raw) => view(raw, Uint16Array),
    int32: (raw) => view(raw, Int32Array),
    uint32: (raw) => view(raw, Uint32Array),
    int64: (raw) => Array.from(view(raw, BigInt64Array), Number),
    uint64: (raw) => Array.from(view(raw, BigUint64Array), Number),
  };

function numbersOfField(field: Field, type: ElementName): number[] {
  switch (field.number) {
    case FLOAT_DATA:
      return floatsOf(field);
    case DOUBLE_DATA: {
      if (field.bytes.length % 8 !== 0) damaged('doubles', `${field.bytes.length} bytes`);
      return Array.from(view(field.bytes, Float64Array));
    }
    case STRING_DATA:
      return damaged('numbers', 'texts');
    default: {
      const numbers = integersOf(field);
      return type === 'float16' ? [...halfToFloat(Uint16Array.from(numbers))] : numbers;
    }
  }
}

/**
 * The numbers of a small tensor, such as the shape for a `Reshape`; undefined if it has more than `most`, or a type without
 * numbers. Integers above 2^53 are rounded.
 *
 * @throws WeightsError if it holds another count
 */
export function numbersOf(tensor: FileTensor, most: number): readonly number[] | undefined {
  const { type, shape, data, name } = tensor;
  const count = elements(shape);
  if (count > most) return undefined;
  if ('raw' in data) {
    const read = RAW_READERS[type];
    return read && Array.from(read(data.raw));
  }
  if (type === 'string' || type === 'other' || type.startsWith('complex')) return undefined;
  // A number takes at most ten bytes.
  const bytes = data.fields.reduce((sum, field) => sum + field.bytes.length, 0);
  const numbers =
    bytes > MAX_VARINT_BYTES * count
      ? []
      : data.fields.flatMap((field) => numbersOfField(field, type));
  if (numbers.length !== count) {
    damaged(`${count} numbers for tensor ${quoted(name)}`, numbers.length || `${bytes} bytes`);
  }
  return numbers;
}
