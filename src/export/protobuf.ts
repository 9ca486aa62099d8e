import { reject } from '../errors.js';

/**
 * The part of Protocol Buffers' wire format that models need (https://protobuf.dev/programming-guides/encoding/). Writing takes only
 * tags, varints and lengths; a library would add a parser, reflection and a schema.
 */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Parsers refuse longer messages (https://protobuf.dev/programming-guides/proto-limits/). */
export const MAX_BYTES = 2 ** 31 - 1;

const BYTES_PER_GB = 1e9;

/** Smaller pieces are joined, because writing thousands of them to a file one by one is slow. */
const JOINED_BELOW = 2 ** 12;

/** Bytes that are created only in their destination, so that a model's weights aren't copied twice. */
export interface Deferred {
  readonly byteLength: number;
  /** Fills an array of that length. */
  write(into: Uint8Array): void;
}

type Piece = Uint8Array | Deferred;

/** The fields of a message, one after another. */
export type Message = readonly Piece[];

/** Seven bits per byte, lowest first. A negative number is written as 64-bit two's complement. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest > 0x7fn ? 0x80 : 0;
    bytes.push(Number(rest & 0x7fn) | more);
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const tag = (field: number, wireType: number) => varint((field << 3) | wireType);

export const lengthOf = (message: Message): number =>
  message.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** An integer, a boolean or a value of an enumeration. */
export const integer = (field: number, value: number | boolean): Message => [
  tag(field, VARINT),
  varint(Number(value)),
];

export function float(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [tag(field, FIXED32), bytes];
}

/** An unsigned integer of four bytes. */
export function fixed32(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return [tag(field, FIXED32), bytes];
}

export const bytes = (field: number, value: Piece): Message => message(field, [value]);

export const text = (field: number, value: string): Message =>
  bytes(field, new TextEncoder().encode(value));

/** A message as a field of another. */
export const message = (field: number, value: Message): Message => [
  tag(field, LENGTH_DELIMITED),
  varint(lengthOf(value)),
  ...value,
];

/**
 * Writes a message into one array.
 *
 * @param subject subject of the error message
 * @throws ArgumentError above 2 GB, before anything is allocated
 */
export function assemble(subject: string, pieces: Message): Uint8Array {
  const length = lengthOf(pieces);
  if (length > MAX_BYTES) {
    reject(
      subject,
      `at most ${MAX_BYTES} bytes, the limit of a protobuf file`,
      `${(length / BYTES_PER_GB).toFixed(2)} GB`,
      'use a smaller input or fewer hidden units',
    );
  }
  return joined(pieces);
}

function joined(pieces: Message): Uint8Array {
  const bytes = new Uint8Array(lengthOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    const end = offset + piece.byteLength;
    if (piece instanceof Uint8Array) bytes.set(piece, offset);
    else piece.write(bytes.subarray(offset, end));
    offset = end;
  }
  return bytes;
}

/** Yields a message in pieces to write one after another. Large pieces aren't copied, small ones are joined. */
export function* inPieces(message: Message): Generator<Uint8Array, void, undefined> {
  let small: Piece[] = [];
  for (const piece of message) {
    if (piece.byteLength < JOINED_BELOW) {
      small.push(piece);
      continue;
    }
    if (small.length > 0) yield joined(small);
    small = [];
    yield piece instanceof Uint8Array ? piece : joined([piece]);
  }
  if (small.length > 0) yield joined(small);
}
