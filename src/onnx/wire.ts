import { show } from '../errors.js';
import type { Allowance } from '../weights/formats/allowance.js';
import { WeightsError } from '../weights/errors.js';

/** Wire types of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/). Groups, 3 and 4, are deprecated, and ONNX has none. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const FIXED_BYTES: Readonly<Record<number, number>> = { [FIXED64]: 8, [FIXED32]: 4 };

/** A 64-bit number takes ten bytes of seven bits. */
export const MAX_VARINT_BYTES = 10;
/** Up to here, bit operations on 32-bit integers are exact and positive. */
const FAST_VARINT_BYTES = 4;

/**
 * Memory that a field may lead to, at most: a node without names takes two bytes of a file, and some 200 in memory, its list
 * included. The free part of the allowance is then enough for 260,000 fields; a ResNet-152 has 9,000.
 */
const FIELD_BYTES = 128;

/** @throws WeightsError */
export function damaged(expected: string, got: unknown): never {
  throw new WeightsError(
    `onnx: expected ${expected}, got ${String(got)}; the file is damaged, or not ONNX`,
  );
}

/** Most characters of a name that an error message shows. */
const SHOWN = 80;

/** Shows a name from a file, which may be of any length. */
export const quoted = (name: string): string => show(name.slice(0, SHOWN));

/** A field of a message. */
export interface Field {
  readonly number: number;
  /** A varint as a signed 64-bit number; above 2^53 it is rounded. Undefined for other wire types. */
  readonly integer?: number;
  /** The content of a string, bytes or message, or a number of fixed size. A view. Empty for a varint. */
  readonly bytes: Uint8Array;
  /** The field with its tag and its length. A view. */
  readonly whole: Uint8Array;
}

/** Reads varints one after another. */
export class Varints {
  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  next(): number {
    const { bytes } = this;
    let value = 0;
    for (let i = 0; i < FAST_VARINT_BYTES; i++) {
      const byte = this.byte();
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return value;
    }
    let large = BigInt(value);
    for (let i = FAST_VARINT_BYTES; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte();
      large |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return Number(BigInt.asIntN(64, large));
    }
    return damaged(`a number of at most ${MAX_VARINT_BYTES} bytes`, `more of ${bytes.length}`);
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    return byte ?? damaged('more bytes', `the end after ${this.bytes.length}`);
  }
}

const NOTHING = new Uint8Array();

/**
 * Reads a message's fields in order. Their contents are views.
 *
 * @throws WeightsError if the bytes aren't such a message, or have too many fields
 */
export function* fieldsOf(message: Uint8Array, allowance: Allowance): Generator<Field, void> {
  const varints = new Varints(message);
  while (!varints.done) {
    allowance.take(FIELD_BYTES);
    const start = varints.at;
    const tag = varints.next();
    const number = tag >>> 3;
    if (!(tag > 0) || tag > 2 ** 32 || number === 0) damaged('a field', `tag ${tag}`);
    const wireType = tag & 7;
    if (wireType === VARINT) {
      const integer = varints.next();
      yield { number, integer, bytes: NOTHING, whole: message.subarray(start, varints.at) };
      continue;
    }
    const length =
      wireType === LENGTH_DELIMITED
        ? varints.next()
        : (FIXED_BYTES[wireType] ?? damaged('a known wire type', wireType));
    const end = varints.at + length;
    if (!(length >= 0) || end > message.length) {
      damaged(`a field within ${message.length} bytes`, `one of ${length} at ${varints.at}`);
    }
    const [bytes, whole] = [message.subarray(varints.at, end), message.subarray(start, end)];
    varints.at = end;
    yield { number, bytes, whole };
  }
}

/** The number of a varint field. */
export const integerOf = ({ number, integer }: Field): number =>
  integer ?? damaged(`a number in field ${number}`, 'bytes');

/** The numbers of a repeated varint field: one, or several that are packed. */
export function integersOf({ integer, bytes }: Field): number[] {
  if (integer !== undefined) return [integer];
  const varints = new Varints(bytes);
  const numbers: number[] = [];
  while (!varints.done) numbers.push(varints.next());
  return numbers;
}

/** The numbers of a repeated float field: one, or several that are packed. */
export function floatsOf({ number, bytes }: Field): number[] {
  const size = Float32Array.BYTES_PER_ELEMENT;
  if (bytes.length % size !== 0) damaged(`floats in field ${number}`, `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / size }, (_, i) => view.getFloat32(i * size, true));
}

/** A string. Invalid UTF-8 is replaced, as names are only compared and shown. */
export const textOf = ({ number, integer, bytes }: Field): string =>
  integer === undefined
    ? new TextDecoder().decode(bytes)
    : damaged(`a text in field ${number}`, integer);
