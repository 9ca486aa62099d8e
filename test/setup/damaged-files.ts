import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBy } from '../../src/random';
import { lookup3 } from '../../src/weights/formats/hdf5/checksum';
import * as hostile from './hostile-files';

/** From the repository's root, where npm and jest run. */
const WEIGHTS = 'test/goldens/weights';
const SOUND = [
  'keras2-weights.h5',
  'keras2-stored-otherwise.h5',
  'keras2-libver-latest.h5',
  'keras3-legacy-model.h5',
  'keras3.weights.h5',
  'keras3.keras',
  'torch-v15.safetensors',
] as const;

/** What structures of HDF5 and zip begin with. */
const SIGNATURES = [
  ...['TREE', 'SNOD', 'HEAP', 'OHDR', 'OCHK', 'BTHD', 'BTLF', 'BTIN', 'FRHP', 'FHDB', 'FHIB'],
  ...['FAHD', 'FADB', 'GCOL', 'PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06'],
];
/** Those of a checksum at their end, and the longest that one is looked for. */
const CHECKED = ['OHDR', 'OCHK', 'BTHD', 'BTLF', 'BTIN', 'FRHP', 'FHIB', 'FAHD', 'FADB'];
const MAX_CHECKED_BYTES = 1200;
/** Of a fractal heap's block: where its checksum is, and the sizes that it may have. */
const HEAP_CHECKSUM_AT = 17;
const HEAP_BLOCKS = [512, 1024, 2048, 4096];
const SUPERBLOCK_BYTES = 48;

interface Checked {
  readonly begin: number;
  readonly end: number;
  /** Where its checksum is, which counts as zero where it lies within. */
  readonly at: number;
}

interface SoundFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where structures begin. */
  readonly structures: readonly number[];
  readonly checked: readonly Checked[];
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function checksum(bytes: Uint8Array, { begin, end, at }: Checked): number {
  const block = bytes.slice(begin, end);
  if (at < end) block.fill(0, at - begin, at - begin + 4);
  return lookup3(block);
}

const holds = (bytes: Uint8Array, block: Checked): boolean =>
  block.at + 4 <= bytes.length &&
  block.end <= bytes.length &&
  checksum(bytes, block) === viewOf(bytes).getUint32(block.at, true);

/** The structures of a sound file that carry a checksum, found by trying where one comes true. */
function findChecked(bytes: Uint8Array): Checked[] {
  const text = Buffer.from(bytes);
  const found: Checked[] = [];
  for (const signature of CHECKED) {
    for (let begin = -1; (begin = text.indexOf(signature, begin + 1)) >= 0;) {
      for (let end = begin + 10; end < begin + MAX_CHECKED_BYTES; end++) {
        const block = { begin, end, at: end };
        if (!holds(bytes, block)) continue;
        found.push(block);
        break;
      }
    }
  }
  for (let begin = -1; (begin = text.indexOf('FHDB', begin + 1)) >= 0;) {
    const blocks = HEAP_BLOCKS.map((size) => ({
      begin,
      end: begin + size,
      at: begin + HEAP_CHECKSUM_AT,
    }));
    found.push(...blocks.filter((block) => holds(bytes, block)));
  }
  const superblock = { begin: 0, end: SUPERBLOCK_BYTES - 4, at: SUPERBLOCK_BYTES - 4 };
  return holds(bytes, superblock) ? [...found, superblock] : found;
}

/** Where objects' headers are that begin with no signature: as symbol tables say. */
function headersOf(bytes: Uint8Array): number[] {
  const [text, view] = [Buffer.from(bytes), viewOf(bytes)];
  const found: number[] = [];
  for (let at = -1; (at = text.indexOf('SNOD', at + 1)) >= 0;) {
    const count = view.getUint16(at + 6, true);
    for (let i = 0; i < count; i++) {
      const header = Number(view.getBigUint64(at + 16 + 40 * i, true));
      // Its messages, too, which are a header's fields and more.
      for (let offset = 0; offset < 256; offset += 64) found.push(header + offset);
    }
  }
  return found.filter((at) => at < bytes.length);
}

function read(name: string): SoundFile {
  const bytes = new Uint8Array(readFileSync(join(WEIGHTS, name)));
  const text = Buffer.from(bytes);
  const structures = [0];
  for (const signature of SIGNATURES) {
    for (let at = -1; (at = text.indexOf(signature, at + 1, 'latin1')) >= 0;) structures.push(at);
  }
  structures.push(...headersOf(bytes));
  return { name, bytes, structures, checked: findChecked(bytes) };
}

let sound: readonly SoundFile[] | undefined;

/** A weight file, broken or made to do harm. */
export interface DamagedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const WIDTHS = [1, 2, 4, 8] as const;
/** How far into a structure fields are written, most of which are in its first bytes. */
const REACH = 96;

/**
 * The file of a number: a sound one in which fields of B-trees, heaps, headers, indexes and directories have been written over, and
 * the checksums made right again; or one that is made to do harm.
 */
export function damagedFile(number: number): DamagedFile {
  const random = randomBy(number);
  const upTo = (end: number): number => Math.floor(random() * end);
  const of = <T>(values: readonly T[]): T => values[upTo(values.length)]!;
  if (number % 8 === 0) return makeHostile(random, upTo);
  sound ??= SOUND.map(read);
  const { name, bytes: original, structures, checked } = of(sound);
  let bytes = original.slice();
  const view = viewOf(bytes);
  const place = (): number => of(structures);
  const writes = 1 + upTo(4);
  for (let i = 0; i < writes; i++) {
    const structure = place();
    if (random() < 0.1) {
      // One structure over another.
      const from = place();
      bytes.set(
        original.subarray(from, Math.min(from + REACH, bytes.length - structure + from)),
        structure,
      );
      continue;
    }
    const width = of(WIDTHS);
    const at = structure + width * upTo(random() < 0.5 ? 4 : Math.floor(REACH / width));
    if (at + width > bytes.length) continue;
    const old = BigInt(view.getUint8(at));
    const value = of<bigint>([
      ...[0n, 1n, 2n, old + 1n, old - 1n, old * 2n, 0xffn, 0xffffn, 0xffff_ffffn, 2n ** 64n - 1n],
      ...[2n ** 31n, 2n ** 53n, BigInt(bytes.length), BigInt(bytes.length - 1)],
      ...[BigInt(structure), BigInt(place()), BigInt(place()), BigInt(upTo(bytes.length))],
      BigInt(upTo(2 ** 31)),
    ]);
    for (let k = 0; k < width; k++) bytes[at + k] = Number((value >> BigInt(8 * k)) & 0xffn);
  }
  if (random() < 0.9) {
    for (const block of checked) view.setUint32(block.at, checksum(bytes, block), true);
  }
  if (random() < 0.05) bytes = bytes.slice(0, upTo(bytes.length));
  return { name, bytes };
}

function makeHostile(random: () => number, upTo: (end: number) => number): DamagedFile {
  const size = (most: number): number => Math.ceil(most ** random());
  const makers: readonly (readonly [string, () => Uint8Array])[] = [
    ['fan-out of groups', () => hostile.fanOutOfGroups(size(64), size(200))],
    ['fan-out of chunks', () => hostile.fanOutOfChunks(size(64), size(200))],
    ['deflate', () => hostile.deflateBomb(size(8_000_000), size(8_000_000))],
    [
      'huge chunks',
      () => hostile.hugeChunks([size(2 ** 30), size(64)], [size(2 ** 31), size(2 ** 31)]),
    ],
    ['tiny chunks', () => hostile.tinyChunks(size(2 ** 31))],
    ['a cycle', () => hostile.cycle()],
    ['a shared dataset', () => hostile.sharedDataset(size(3000))],
    ['a repeated member', () => hostile.repeatedMember(size(65_000))],
    ['overlapping names', () => hostile.overlappingNames(size(60_000))],
    ['a repeated message', () => hostile.repeatedMessage(size(60_000))],
    ['a large configuration', () => hostile.largeConfig(size(20_000_000))],
    ['a deep dtype', () => hostile.deep('"dtype":', size(1_000_000))],
    ['a deep shape', () => hostile.deep('"dtype":"F32","shape":', size(1_000_000))],
  ];
  const [name, make] = makers[upTo(makers.length)]!;
  return { name, bytes: make() };
}
