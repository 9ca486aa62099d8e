import { damaged, unsupported } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';
import { bytesFor, FractalHeap } from './fractal-heap.js';

/** B-tree of version 2 (III.A.2): bytes of its header, and of a node without records and pointers. */
const TREE_BYTES = 38;
const NODE_OVERHEAD = 10;
/** Type of a B-tree by name, whose records are a hash and the link's position in the heap. */
const BY_NAME = 5;
const HASH_BYTES = 4;
const ADDRESS_BYTES = 8;
/** HDF5's nodes have 512 bytes or more, so a deeper tree would have more links than a file has bytes. */
const MAX_DEPTH = 16;

interface Level {
  /** Bytes of a pointer to a node of the level below, without its address. */
  readonly countBytes: number;
  readonly totalBytes: number;
}

/** Sizes of the pointers at each level, which follow from a node's capacity (`H5B2_hdr_init`). */
function levelsOf(nodeBytes: number, recordBytes: number, depth: number): Level[] {
  const leaf = Math.floor((nodeBytes - NODE_OVERHEAD) / recordBytes);
  if (!(leaf >= 1)) throw damaged('a B-tree expected nodes with room for a record');
  const countBytes = bytesFor(leaf);
  const levels: Level[] = [{ countBytes: 0, totalBytes: 0 }];
  let total = leaf;
  for (let level = 1; level <= depth; level++) {
    const totalBytes = level === 1 ? 0 : bytesFor(total);
    const pointer = ADDRESS_BYTES + countBytes + totalBytes;
    const most = Math.floor((nodeBytes - NODE_OVERHEAD - pointer) / (recordBytes + pointer));
    if (!(most >= 1)) throw damaged('a B-tree expected nodes with room for a record');
    total = (most + 1) * total + most;
    levels.push({ countBytes, totalBytes });
  }
  return levels;
}

/**
 * Visits the links of a group in the newer format with more than a few links: they are in a fractal heap, indexed by a B-tree of
 * version 2.
 *
 * @param info the group's link information (IV.A.2.c)
 */
export function denseLinks(file: Hdf5File, info: Cursor, visit: (link: Cursor) => void): void {
  info.expectVersion(0);
  const flags = info.uint(1);
  if (flags & 0x01) info.skip(8);
  const [heapAddress, treeAddress] = [info.address(), info.address()];
  if (treeAddress === undefined || heapAddress === undefined) return;
  const heap = new FractalHeap(file, heapAddress);

  const tree = file.checked('B-tree', treeAddress, TREE_BYTES);
  tree.expectSignature('BTHD');
  tree.expectVersion(0);
  const type = tree.uint(1);
  const [nodeBytes, recordBytes, depth] = [tree.uint(4), tree.uint(2), tree.uint(2)];
  if (type !== BY_NAME || recordBytes !== HASH_BYTES + heap.idBytes || depth > MAX_DEPTH) {
    throw unsupported(`a group has a B-tree of type ${type}, depth ${depth}`);
  }
  tree.skip(2);
  const [root, count, total] = [tree.address(), tree.uint(2), tree.uint(8)];
  const levels = levelsOf(nodeBytes, recordBytes, depth);

  let found = 0;
  const readNode = (address: number | undefined, records: number, at: number): void => {
    const { countBytes, totalBytes } = levels[at] ?? { countBytes: 0, totalBytes: 0 };
    const pointers = at === 0 ? 0 : (records + 1) * (ADDRESS_BYTES + countBytes + totalBytes);
    const node = file.checked('B-tree', address, NODE_OVERHEAD + records * recordBytes + pointers);
    node.expectSignature(at === 0 ? 'BTLF' : 'BTIN');
    node.expectVersion(0);
    node.skip(1);
    for (let i = 0; i < records; i++) {
      node.skip(HASH_BYTES);
      visit(heap.object(node.part(heap.idBytes)));
      found += 1;
    }
    while (node.left > 0) {
      const [child, held] = [node.address(), node.uint(countBytes)];
      node.skip(totalBytes);
      readNode(child, held, at - 1);
    }
  };
  if (root !== undefined) readNode(root, count, depth);
  if (found !== total) throw damaged(`a group expected ${total} links, got ${found}`);
}
