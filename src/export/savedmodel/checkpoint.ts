/**
 * A checkpoint of TensorFlow, a "tensor bundle": one file of values, one after another, and an index, a sorted table of LevelDB
 * (https://github.com/google/leveldb/blob/main/doc/table_format.md) of tensorflow/core/protobuf/tensor_bundle.proto's messages.
 */
import { bytesOf } from '../../bytes.js';
import { weightsToHalf } from '../../weights/formats/to-half.js';
import { assemble, fixed32, integer, message, type Message, varint } from '../protobuf.js';
import { DataType, tensorShape } from './messages.js';
import type { Variable } from './variables.js';

const HEADER = { shards: 1, version: 3 };
const VERSIONS = { producer: 1 };
const ENTRY = { dtype: 1, shape: 2, offset: 4, size: 5, crc32c: 6 };
/** `kTensorBundleVersion`. */
const VERSION = 1;
/** Reversed bits of the polynomial of CRC-32C. */
const CASTAGNOLI = 0x82f63b78;
/** LevelDB and TensorFlow store checksums rotated and shifted, so that a checksum of data that holds one differs. */
const CRC_SHIFT = 0xa282ead8;
const TABLE_MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** Bytes of two handles in a footer, padded. */
const HANDLES_BYTES = 40;
const UNCOMPRESSED = 0;

async function maskedCrc(bytes: Uint8Array): Promise<number> {
  const { crc32 } = await import('hash-wasm');
  const crc = parseInt(await crc32(bytes, CASTAGNOLI), 16);
  return (((crc >>> 15) | (crc << 17)) + CRC_SHIFT) >>> 0;
}

function little(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * Uint32Array.BYTES_PER_ELEMENT);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * Uint32Array.BYTES_PER_ELEMENT, value, true);
  });
  return bytes;
}

type Row = readonly [key: Uint8Array, value: Uint8Array];

/** A block of sorted rows. Each row is a restart: no key is shortened by what it shares with the one before. */
function block(rows: readonly Row[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const starts: number[] = [];
  let offset = 0;
  for (const [key, value] of rows) {
    starts.push(offset);
    const row = [varint(0), varint(key.length), varint(value.length), key, value];
    pieces.push(...row);
    offset += row.reduce((sum, { length }) => sum + length, 0);
  }
  // An empty block has one start, too.
  const restarts = starts.length > 0 ? starts : [0];
  return assemble('index', [...pieces, little(...restarts, restarts.length)]);
}

async function withTrailer(bytes: Uint8Array): Promise<Uint8Array> {
  const typed = Uint8Array.of(...bytes, UNCOMPRESSED);
  return assemble('index', [typed, little(await maskedCrc(typed))]);
}

/** A table of one block, which TensorFlow reads whole anyway. */
async function table(rows: readonly Row[]): Promise<Uint8Array> {
  const handle = (offset: number, size: number): Message => [varint(offset), varint(size)];
  const data = block(rows);
  const stored = await withTrailer(data);
  const meta = block([]);
  const storedMeta = await withTrailer(meta);
  const lastKey = rows.at(-1)?.[0] ?? new Uint8Array(0);
  const index = block([[lastKey, assemble('index', handle(0, data.length))]]);
  const storedIndex = await withTrailer(index);
  const footer = new Uint8Array(HANDLES_BYTES);
  footer.set(
    assemble('index', [
      ...handle(stored.length, meta.length),
      ...handle(stored.length + storedMeta.length, index.length),
    ]),
  );
  return assemble('index', [stored, storedMeta, storedIndex, footer, Uint8Array.from(TABLE_MAGIC)]);
}

/** Bytewise, as the table is sorted. */
const byKey = ([a]: Row, [b]: Row): number => {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
};

export interface Checkpoint {
  readonly index: Uint8Array;
  /** One piece per variable. */
  readonly data: readonly Uint8Array[];
}

/** @throws ArgumentError if a weight is too large for float16 */
export async function encodeCheckpoint(variables: readonly Variable[]): Promise<Checkpoint> {
  const key = (name: string) => new TextEncoder().encode(name);
  const header = [
    ...integer(HEADER.shards, 1),
    ...message(HEADER.version, integer(VERSIONS.producer, VERSION)),
  ];
  const rows: Row[] = [[key(''), assemble('index', header)]];
  const data: Uint8Array[] = [];
  let offset = 0;
  for (const { name, weight, dtype } of variables) {
    const isHalf = dtype === 'float16';
    const bytes = bytesOf(isHalf ? weightsToHalf(name, weight.data) : weight.data);
    const entry = [
      ...integer(ENTRY.dtype, isHalf ? DataType.half : DataType.float),
      ...tensorShape(ENTRY.shape, weight.shape),
      ...integer(ENTRY.offset, offset),
      ...integer(ENTRY.size, bytes.byteLength),
      ...fixed32(ENTRY.crc32c, await maskedCrc(bytes)),
    ];
    rows.push([key(name), assemble('index', entry)]);
    data.push(bytes);
    offset += bytes.byteLength;
  }
  return { index: await table(rows.sort(byKey)), data };
}
