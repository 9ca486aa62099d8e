/**
 * Protocol Buffers' wire format, as far as it is written here: https://protobuf.dev/programming-guides/encoding.
 * Writing takes a tag, a varint and a length; a library would bring a parser, reflection and a schema besides.
 */

/** Bytes in pieces, so that what is nested, 100 MB of weights among it, isn't copied at every level. */
export interface Pieces {
  readonly size: number;
  readonly pieces: readonly Uint8Array[];
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Below this a message is one piece, as thousands of small ones are slow to write to a file. */
const JOINED_BELOW = 2 ** 12;

const utf8 = new TextEncoder();

const whole = (bytes: Uint8Array): Pieces => ({ size: bytes.length, pieces: [bytes] });

function varint(value: number | bigint): number[] {
  // A negative number is its two's complement of 64 bits, and takes ten bytes.
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

const tag = (field: number, type: number): number[] => varint((field << 3) | type);

/** Fields, one after the other: the content of a message. */
export function join(parts: readonly Pieces[]): Pieces {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const pieces = parts.flatMap((part) => part.pieces);
  if (size >= JOINED_BELOW) return { size, pieces };
  const joined = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return whole(joined);
}

/** `int32`, `int64`, `bool` or an enumeration. */
export const int = (field: number, value: number | boolean): Pieces =>
  whole(Uint8Array.from([...tag(field, VARINT), ...varint(Number(value))]));

export function float(field: number, value: number): Pieces {
  const number = new DataView(new ArrayBuffer(Float32Array.BYTES_PER_ELEMENT));
  number.setFloat32(0, value, true);
  return whole(Uint8Array.from([...tag(field, FIXED32), ...new Uint8Array(number.buffer)]));
}

/** A nested message, or an entry of a map, which is one with the fields 1 and 2. */
export function message(field: number, parts: readonly Pieces[]): Pieces {
  const content = join(parts);
  const head = Uint8Array.from([...tag(field, LENGTH_DELIMITED), ...varint(content.size)]);
  return join([whole(head), content]);
}

export const bytes = (field: number, value: Uint8Array): Pieces => message(field, [whole(value)]);

export const text = (field: number, value: string): Pieces => bytes(field, utf8.encode(value));
