import { volume } from '../../../layers/cost/layer-cost.js';
import type { Shape } from '../../../layers/factory.js';
import type { Allowance } from '../allowance.js';
import type { ChunkIndex } from './dataset.js';
import { damaged } from './failure.js';
import type { Hdf5File } from './file.js';
import { type Filter, unfilter } from './filters.js';
import { readTree } from './tree.js';

/** Type of a B-tree of chunks. A key has a size, a mask, and an offset for each axis plus one. */
const CHUNK_NODE = 1;
const [SIZE_BYTES, OFFSET_BYTES] = [4, 8];
const FIXED_HEADER_BYTES = 28;
const FIXED_BLOCK_PREFIX_BYTES = 14;
const CHECKSUM_BYTES = 4;
const ADDRESS_BYTES = 8;
/** Larger pages would exceed any file. */
const MAX_PAGE_BITS = 30;
/** Up to this many bytes, a loop copies faster than `TypedArray.set`. */
const SHORT_RUN = 64;

interface Chunk {
  /** Position in the grid, in row-major order. */
  readonly index: number;
  readonly address: number | undefined;
  /** Stored size. */
  readonly bytes: number;
  readonly filterMask: number;
}

/** The grid of chunks that covers a dataset. */
class Grid {
  readonly sizes: Shape;
  readonly count: number;

  constructor(
    readonly shape: Shape,
    readonly chunk: Shape,
    readonly itemBytes: number,
  ) {
    if (chunk.length !== shape.length || chunk.some((size) => size < 1)) {
      throw damaged(`a dataset [${shape.join(', ')}] expected chunks, got [${chunk.join(', ')}]`);
    }
    this.sizes = shape.map((size, axis) => Math.ceil(size / (chunk[axis] ?? 1)));
    this.count = volume(this.sizes);
  }

  get chunkBytes(): number {
    return volume(this.chunk) * this.itemBytes;
  }

  /** Index of the chunk that begins at an offset, or NaN if none does. */
  indexAt(offset: Shape): number {
    let index = 0;
    for (const [axis, at] of offset.entries()) {
      const [step, size] = [this.chunk[axis] ?? 1, this.sizes[axis] ?? 0];
      if (at % step !== 0 || at / step >= size) return NaN;
      index = index * size + at / step;
    }
    return index;
  }

  offsetOf(index: number): Shape {
    const offset: number[] = [];
    let rest = index;
    for (let axis = this.sizes.length - 1; axis >= 0; axis--) {
      const size = this.sizes[axis] ?? 1;
      offset.unshift((rest % size) * (this.chunk[axis] ?? 1));
      rest = Math.floor(rest / size);
    }
    return offset;
  }
}

function treeChunks(file: Hdf5File, address: number | undefined, grid: Grid): Chunk[] {
  const chunks: Chunk[] = [];
  const rank = grid.shape.length;
  const keyBytes = 2 * SIZE_BYTES + (rank + 1) * OFFSET_BYTES;
  readTree(file, address, CHUNK_NODE, keyBytes, (key, child) => {
    const [bytes, filterMask] = [key.uint(SIZE_BYTES), key.uint(SIZE_BYTES)];
    const offset = Array.from({ length: rank }, () => key.uint(OFFSET_BYTES));
    chunks.push({ index: grid.indexAt(offset), address: child, bytes, filterMask });
    if (chunks.length > grid.count) {
      throw damaged(`a dataset expected ${grid.count} chunks, got more`);
    }
  });
  return chunks;
}

/** Reads a fixed array (VII.C): one entry per chunk, in pages if there are many. */
function fixedChunks(file: Hdf5File, address: number | undefined, grid: Grid): Chunk[] {
  const header = file.checked('chunk index', address, FIXED_HEADER_BYTES);
  header.expectSignature('FAHD');
  header.expectVersion(0);
  const filtered = header.uint(1) === 1;
  const [entryBytes, pageBits, count] = [header.uint(1), header.uint(1), header.uint(8)];
  const block = header.address();
  const sizeBytes = entryBytes - ADDRESS_BYTES - SIZE_BYTES;
  const fits = filtered ? sizeBytes >= 1 && sizeBytes <= 8 : entryBytes === ADDRESS_BYTES;
  if (count !== grid.count || !fits || pageBits > MAX_PAGE_BITS) {
    throw damaged(`a dataset expected ${grid.count} chunks, got an index of ${count}`);
  }
  if (block === undefined) return [];
  const perPage = 2 ** pageBits;
  const paged = count > perPage;
  const pages = paged ? Math.ceil(count / perPage) : 1;
  const bitmapBytes = paged ? Math.ceil(pages / 8) : 0;
  const prefixBytes = FIXED_BLOCK_PREFIX_BYTES + bitmapBytes;
  const own = (paged ? 0 : count * entryBytes) + CHECKSUM_BYTES;
  const prefix = file.checked('chunk index', block, prefixBytes + own);
  prefix.expectSignature('FADB');
  prefix.skip(FIXED_BLOCK_PREFIX_BYTES - 4);
  const bitmap = prefix.bytes(bitmapBytes);

  const chunks: Chunk[] = [];
  for (let page = 0; page < pages; page++) {
    const begin = page * perPage;
    const held = paged ? Math.min(perPage, count - begin) : count;
    // A page that was never written has no entries.
    if (paged && ((bitmap[page >> 3] ?? 0) & (0x80 >> (page & 7))) === 0) continue;
    const entries = paged
      ? file.checked(
          'chunk index',
          block + prefixBytes + CHECKSUM_BYTES + page * (perPage * entryBytes + CHECKSUM_BYTES),
          held * entryBytes + CHECKSUM_BYTES,
        )
      : prefix;
    for (let i = 0; i < held; i++) {
      const at = entries.address();
      const bytes = filtered ? entries.uint(sizeBytes) : grid.chunkBytes;
      const filterMask = filtered ? entries.uint(SIZE_BYTES) : 0;
      chunks.push({ index: begin + i, address: at, bytes, filterMask });
    }
  }
  return chunks;
}

function chunksOf(file: Hdf5File, index: ChunkIndex, grid: Grid): Chunk[] {
  const { address } = index;
  if (address === undefined) return [];
  if (index.kind === 'tree') return treeChunks(file, address, grid);
  if (index.kind === 'fixed') return fixedChunks(file, address, grid);
  const bytes = grid.chunkBytes;
  if (index.kind === 'single') {
    if (grid.count > 1) throw damaged(`a dataset expected ${grid.count} chunks, got one`);
    return [{ index: 0, address, bytes: index.bytes ?? bytes, filterMask: index.filterMask }];
  }
  return Array.from({ length: grid.count }, (_, i) => ({
    index: i,
    address: address + i * bytes,
    bytes,
    filterMask: 0,
  }));
}

/** Copies a chunk to its position, without the part that lies beyond the dataset. */
function place(target: Uint8Array, chunk: Uint8Array, offset: Shape, grid: Grid): void {
  const { shape, chunk: chunkShape, itemBytes } = grid;
  const copy = (axis: number, from: number, to: number): void => {
    const at = offset[axis] ?? 0;
    const held = Math.min(chunkShape[axis] ?? 1, (shape[axis] ?? 1) - at);
    if (axis === shape.length - 1) {
      const [begin, length, into] = [from * itemBytes, held * itemBytes, (to + at) * itemBytes];
      if (length > SHORT_RUN) target.set(chunk.subarray(begin, begin + length), into);
      else for (let i = 0; i < length; i++) target[into + i] = chunk[begin + i] ?? 0;
      return;
    }
    for (let i = 0; i < held; i++) {
      copy(
        axis + 1,
        (from + i) * (chunkShape[axis + 1] ?? 1),
        (to + at + i) * (shape[axis + 1] ?? 1),
      );
    }
  };
  copy(0, 0, 0);
}

/**
 * Reads the bytes of a dataset that is stored in chunks.
 *
 * @returns undefined if a chunk was never written
 */
export async function readChunks(
  file: Hdf5File,
  { shape, chunk, itemBytes }: { shape: Shape; chunk: Shape; itemBytes: number },
  index: ChunkIndex,
  filters: readonly Filter[],
  allowance: Allowance,
): Promise<Uint8Array | undefined> {
  const grid = new Grid(shape, chunk, itemBytes);
  // Checked before memory is allocated for sizes that the file claims.
  allowance.take(grid.count * grid.chunkBytes);
  allowance.takeChunks(grid.count);
  const chunks = chunksOf(file, index, grid);
  const target = new Uint8Array(volume(shape) * itemBytes);
  const placed = new Uint8Array(grid.count);
  for (const { index: at, address, bytes, filterMask } of chunks) {
    if (address === undefined) return undefined;
    if (placed[at] !== 0) throw damaged('a chunk expected a unique position within its dataset');
    placed[at] = 1;
    const stored = file.slice('a chunk', address, bytes);
    const raw = await unfilter(stored, filters, filterMask, grid.chunkBytes);
    place(target, raw, grid.offsetOf(at), grid);
  }
  return placed.includes(0) ? undefined : target;
}
