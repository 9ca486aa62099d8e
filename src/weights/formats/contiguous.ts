import type { Dataset } from 'jsfive';

/*
 * By the HDF5 File Format Specification, IV.A.2.i, "Data Layout Message": a version, a class, and for
 * what lies in one piece its address and its size.
 */
const DATA_LAYOUT = 0x0008;
/** As HDF5 writes them since 1.6.3, and since 1.10; to this class they are the same. */
const VERSIONS = [3, 4];
const CONTIGUOUS = 1;
const CLASS_AT = 1;
const ADDRESS_AT = 2;
const SIZE_AT = 10;
const LAYOUT_BYTES = 18;

/**
 * The bytes of a dataset that lies in one piece, as h5py writes whatever it isn't told to chunk or
 * compress: a view of the file.
 *
 * @param byteLength what its shape and type ask for
 * @returns nothing where it is stored in another way, or its layout doesn't fit it or the file: that is
 *   for jsfive to read or to refuse
 */
export function contiguousBytes(
  file: Uint8Array,
  dataset: Pick<Dataset, '_dataobjects'>,
  byteLength: number,
): Uint8Array | undefined {
  // jsfive keeps this to itself; a version that does without it costs time and nothing else.
  const [message] = dataset._dataobjects?.find_msg_type?.(DATA_LAYOUT) ?? [];
  const at = message?.get('offset_to_message');
  if (typeof at !== 'number' || at + LAYOUT_BYTES > file.byteLength) return undefined;
  const layout = new DataView(file.buffer, file.byteOffset + at, LAYOUT_BYTES);
  if (!VERSIONS.includes(layout.getUint8(0)) || layout.getUint8(CLASS_AT) !== CONTIGUOUS) {
    return undefined;
  }
  const address = Number(layout.getBigUint64(ADDRESS_AT, true));
  const size = Number(layout.getBigUint64(SIZE_AT, true));
  // What was never written has an address far beyond any file's end.
  if (size !== byteLength || address + size > file.byteLength) return undefined;
  return file.subarray(address, address + size);
}
