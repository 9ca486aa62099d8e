/** `TensorProto.DataType` by number: a name, and the bits of an element (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const TYPES = {
  1: ['float32', 32],
  2: ['uint8', 8],
  3: ['int8', 8],
  4: ['uint16', 16],
  5: ['int16', 16],
  6: ['int32', 32],
  7: ['int64', 64],
  8: ['string', NaN],
  9: ['bool', 8],
  10: ['float16', 16],
  11: ['float64', 64],
  12: ['uint32', 32],
  13: ['uint64', 64],
  14: ['complex64', 64],
  15: ['complex128', 128],
  16: ['bfloat16', 16],
  17: ['float8e4m3fn', 8],
  18: ['float8e4m3fnuz', 8],
  19: ['float8e5m2', 8],
  20: ['float8e5m2fnuz', 8],
  21: ['uint4', 4],
  22: ['int4', 4],
  23: ['float4e2m1', 4],
} as const satisfies Readonly<Record<number, readonly [string, number]>>;

/** A type of elements that this package knows. */
export type KnownElement = (typeof TYPES)[keyof typeof TYPES][0];

/** The type of a tensor's elements; `other` stands for types that this package doesn't know. */
export type ElementName = KnownElement | 'other';

const entryOf = (code: number) =>
  (TYPES as Readonly<Record<number, readonly [ElementName, number]>>)[code];

export const elementName = (code: number): ElementName => entryOf(code)?.[0] ?? 'other';

/** The number of bytes of so many elements, which are packed below a byte; NaN for types without a fixed size. */
export const bytesOfElements = (code: number, count: number): number =>
  Math.ceil(((entryOf(code)?.[1] ?? NaN) * count) / 8);

export function elementCode(name: KnownElement): number {
  const found = Object.entries(TYPES).find(([, [each]]) => each === name);
  return Number(found?.[0] ?? 0);
}

/** Assumed of elements without a fixed size. */
const BYTES_OF_OTHERS = 4;

/** The number of bytes of so many elements of a type. */
export function bytesOf(type: ElementName | undefined, count: number): number {
  const bytes =
    type === undefined || type === 'other' ? NaN : bytesOfElements(elementCode(type), count);
  return Number.isNaN(bytes) ? BYTES_OF_OTHERS * count : bytes;
}

export const isFloat = (name: ElementName | undefined): boolean =>
  name !== undefined && /^(b?float|complex)/.test(name);
