import { damaged, unsupported } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';
const PREFIX_BYTES = 9;
/** Version 0, up to and including the address of the root group's object header (II.A); version 1 has four bytes more. */
const V0_BYTES = 72;
const V1_EXTRA_BYTES = 4;
const V2_BYTES = 48;
/** Size of addresses and lengths in all files that HDF5 libraries have written in the last twenty years. */
const ADDRESS_BYTES = 8;

function requireAddressSize(superblock: Cursor): void {
  const [offsets, lengths] = [superblock.uint(1), superblock.uint(1)];
  if (offsets !== ADDRESS_BYTES || lengths !== ADDRESS_BYTES) {
    throw unsupported(`the file has addresses of ${offsets} and sizes of ${lengths} bytes`);
  }
}

/** Reads the address of the root group's header, and checks that the file has the length that it states. */
export function rootAddress(file: Hdf5File): number | undefined {
  const prefix = file.structure('superblock', 0, PREFIX_BYTES);
  prefix.expectSignature(SIGNATURE);
  const version = prefix.expectVersion(0, 1, 2, 3);
  let superblock: Cursor;
  if (version < 2) {
    superblock = file.structure('superblock', 0, V0_BYTES + version * V1_EXTRA_BYTES);
    superblock.skip(PREFIX_BYTES + 4);
    requireAddressSize(superblock);
    superblock.skip(9 + version * V1_EXTRA_BYTES);
  } else {
    superblock = file.checked('superblock', 0, V2_BYTES);
    superblock.skip(PREFIX_BYTES);
    requireAddressSize(superblock);
    superblock.skip(1);
  }
  const base = superblock.address();
  if (base !== 0) throw unsupported('the file has a user block');
  superblock.skip(ADDRESS_BYTES);
  const end = superblock.uint(ADDRESS_BYTES);
  if (end > file.bytes.byteLength) {
    throw damaged(`expected ${end} bytes, got ${file.bytes.byteLength}`);
  }
  // Skip the driver information address and the root group's name offset.
  if (version < 2) superblock.skip(2 * ADDRESS_BYTES);
  return superblock.address();
}
