import { damaged } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';

/** Signature, type, level, number of entries, addresses of two siblings. */
const NODE_PREFIX_BYTES = 24;
const ADDRESS_BYTES = 8;

/**
 * Visits the leaves of a B-tree of version 1 (III.A.1), which HDF5 uses for groups and for chunks.
 *
 * @param visit called with each leaf's key and address, in order
 */
export function readTree(
  file: Hdf5File,
  root: number | undefined,
  type: number,
  keyBytes: number,
  visit: (key: Cursor, child: number | undefined) => void,
): void {
  const readNode = (address: number | undefined, level?: number): void => {
    const prefix = file.structure('B-tree', address, NODE_PREFIX_BYTES);
    prefix.expectSignature('TREE');
    const [itsType, itsLevel, count] = [prefix.uint(1), prefix.uint(1), prefix.uint(2)];
    // Levels must decrease, so that a tree that refers to itself ends in an error.
    if (itsType !== type || itsLevel !== (level ?? itsLevel)) {
      throw damaged(
        `a B-tree expected a node of type ${type} and level ${level ?? 'any'}, got ${itsType} and ${itsLevel}`,
      );
    }
    prefix.skip(16);
    const bytes = count * (keyBytes + ADDRESS_BYTES);
    const entries = file.structure('B-tree', prefix.position, bytes);
    while (entries.left > 0) {
      const key = entries.part(keyBytes);
      const child = entries.address();
      if (itsLevel === 0) visit(key, child);
      else readNode(child, itsLevel - 1);
    }
  };
  readNode(root);
}
