import { lookup3 } from './checksum.js';
import { damaged, unsupported } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';

/** III.G: bytes of a header without filters, and of a block's prefix before an offset of variable size. */
const HEADER_BYTES = 146;
const BLOCK_PREFIX_BYTES = 13;
const CHECKSUM_BYTES = 4;
const ADDRESS_BYTES = 8;
/** Type of objects in blocks. Huge objects are stored outside, tiny ones in their identifiers. */
const MANAGED = 0;
const CHECKED_BLOCKS = 0x02;
/** Keeps offsets exact in double precision. */
const MAX_OFFSET_BITS = 48;

/** Number of bytes in which numbers up to `limit` are stored (`H5VM_limit_enc_size`). */
export const bytesFor = (limit: number): number => Math.floor(Math.log2(limit) / 8) + 1;

const isPowerOfTwo = (value: number): boolean => value >= 1 && Number.isInteger(Math.log2(value));

interface Block {
  readonly address: number;
  /** Where it begins in the heap. */
  readonly offset: number;
  readonly bytes: number;
}

/** A heap whose blocks double in size, row by row. */
export class FractalHeap {
  /** Bytes of an object's identifier. */
  readonly idBytes: number;
  private readonly hasChecksums: boolean;
  private readonly width: number;
  private readonly startBytes: number;
  private readonly maxDirectBytes: number;
  private readonly offsetBytes: number;
  private readonly lengthBytes: number;
  private readonly root: number | undefined;
  private readonly rootRows: number;
  /** Blocks whose checksum was verified, so that this is done once. */
  private readonly seen = new Set<number>();

  constructor(
    private readonly file: Hdf5File,
    address: number,
  ) {
    const header = file.checked('fractal heap', address, HEADER_BYTES);
    header.expectSignature('FRHP');
    header.expectVersion(0);
    this.idBytes = header.uint(2);
    if (header.uint(2) !== 0) throw unsupported('a group has a compressed heap');
    this.hasChecksums = (header.uint(1) & CHECKED_BLOCKS) !== 0;
    const maxManagedBytes = header.uint(4);
    header.skip(12 * ADDRESS_BYTES);
    this.width = header.uint(2);
    this.startBytes = header.uint(8);
    this.maxDirectBytes = header.uint(8);
    const offsetBits = header.uint(2);
    header.skip(2);
    this.root = header.address();
    this.rootRows = header.uint(2);
    const sizes = [this.width, this.startBytes, this.maxDirectBytes];
    if (!sizes.every(isPowerOfTwo) || offsetBits > MAX_OFFSET_BITS || maxManagedBytes < 1) {
      throw damaged('a fractal heap expected sizes that are powers of two, got others');
    }
    this.offsetBytes = Math.ceil(offsetBits / 8);
    this.lengthBytes = Math.min(bytesFor(this.maxDirectBytes), bytesFor(maxManagedBytes));
  }

  /** Reads the object with an identifier. */
  object(id: Cursor): Cursor {
    const type = (id.uint(1) >> 4) & 0x03;
    if (type !== MANAGED) throw unsupported('a group has a name of thousands of characters');
    const offset = id.uint(this.offsetBytes);
    const length = id.uint(this.lengthBytes);
    const block = this.locate(offset);
    const begin = offset - block.offset;
    if (begin < BLOCK_PREFIX_BYTES || begin + length > block.bytes) {
      throw damaged('a link expected to lie within a block of its heap');
    }
    return this.file.structure('link', block.address + begin, length);
  }

  /** The direct block that covers an offset. */
  private locate(offset: number): Block {
    const rowBytes = this.width * this.startBytes;
    const directRows = Math.log2(this.maxDirectBytes / this.startBytes) + 2;
    let [address, rows, begin, bytes] = [this.root, this.rootRows, 0, this.startBytes];
    while (rows > 0) {
      const within = offset - begin;
      const row = within < rowBytes ? 0 : Math.floor(Math.log2(within / rowBytes)) + 1;
      if (row >= rows) break;
      const rowBegin = row === 0 ? 0 : rowBytes * 2 ** (row - 1);
      bytes = this.startBytes * 2 ** Math.max(0, row - 1);
      const column = Math.floor((within - rowBegin) / bytes);
      address = this.child(address, rows, row * this.width + column);
      begin += rowBegin + column * bytes;
      rows = row < directRows ? 0 : Math.log2(bytes / rowBytes) + 1;
    }
    if (address === undefined || rows > 0 || !(offset - begin < bytes)) {
      throw damaged('a link expected to lie within its heap');
    }
    this.checkDirect(address, bytes);
    return { address, offset: begin, bytes };
  }

  /** Verifies a direct block's checksum, which is stored in the block and counts as zero when it is computed. */
  private checkDirect(address: number, bytes: number): void {
    if (this.seen.has(address)) return;
    const block = this.file.structure('fractal heap', address, bytes);
    const whole = block.copy().bytes(bytes);
    block.expectSignature('FHDB');
    this.seen.add(address);
    if (!this.hasChecksums) return;
    const prefix = BLOCK_PREFIX_BYTES + this.offsetBytes;
    block.skip(prefix - 4);
    const expected = block.uint(CHECKSUM_BYTES);
    const got = lookup3(whole.slice().fill(0, prefix, prefix + CHECKSUM_BYTES));
    if (got !== expected) {
      throw damaged(`fractal heap at ${address} expected the checksum ${expected}, got ${got}`);
    }
  }

  /** Address of a child of an indirect block, which holds an address for each row and column. */
  private child(address: number | undefined, rows: number, index: number): number | undefined {
    const prefix = BLOCK_PREFIX_BYTES + this.offsetBytes;
    if (address === undefined || !this.seen.has(address)) {
      const children = rows * this.width * ADDRESS_BYTES;
      const block = this.file.checked('fractal heap', address, prefix + children + CHECKSUM_BYTES);
      this.seen.add(block.position);
      block.expectSignature('FHIB');
    }
    const at = (address ?? 0) + prefix + index * ADDRESS_BYTES;
    return this.file.structure('fractal heap', at, ADDRESS_BYTES).address();
  }
}
