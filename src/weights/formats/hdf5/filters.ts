import { inflate } from '../inflate.js';
import { fletcher32 } from './checksum.js';
import { damaged, unsupported } from './failure.js';
import type { Cursor } from './file.js';

/** A step that was applied to a chunk before it was stored. */
export interface Filter {
  readonly id: number;
  readonly parameters: readonly number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
/** Other filters of h5py and its plugins, by The HDF Group's registry. */
const NAMES: Readonly<Record<number, string>> = {
  4: 'szip',
  5: 'nbit',
  6: 'scaleoffset',
  32000: 'lzf',
  32001: 'blosc',
  32004: 'lz4',
  32008: 'bitshuffle',
  32015: 'zstd',
};
/** HDF5's own limit. */
const MAX_FILTERS = 32;
const FIRST_OTHER = 256;
const CHECKSUM_BYTES = 4;

/** The filters of a dataset, in the order in which they were applied (IV.A.2.l). */
export function readFilters(message: Cursor): Filter[] {
  const version = message.expectVersion(1, 2);
  const count = message.uint(1);
  if (count > MAX_FILTERS) throw damaged(`a dataset expected ${MAX_FILTERS} filters, got ${count}`);
  if (version === 1) message.skip(6);
  const filters = Array.from({ length: count }, () => {
    const id = message.uint(2);
    const nameBytes = version === 1 || id >= FIRST_OTHER ? message.uint(2) : 0;
    message.skip(2);
    const values = message.uint(2);
    message.skip(version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    const parameters = Array.from({ length: values }, () => message.uint(4));
    if (version === 1 && values % 2 === 1) message.skip(4);
    return { id, parameters };
  });
  if (new Set(filters.map(({ id }) => id)).size < count) {
    throw unsupported('a dataset applies one filter twice');
  }
  return filters;
}

/** Undoes shuffling, which stores the first bytes of all elements, then all second bytes, and so on. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  if (size < 2 || size > bytes.length) return bytes;
  const elements = Math.floor(bytes.length / size);
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < size; at++) {
    for (let i = 0; i < elements; i++) result[i * size + at] = bytes[at * elements + i] ?? 0;
  }
  result.set(bytes.subarray(elements * size), elements * size);
  return result;
}

function check(bytes: Uint8Array): Uint8Array {
  const data = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(data.length);
  const expected = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  const got = fletcher32(data);
  if (got !== expected) throw damaged(`a chunk expected the checksum ${expected}, got ${got}`);
  return data;
}

async function unpack(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  try {
    return await inflate([bytes], 'deflate', length);
  } catch (cause) {
    throw damaged(`a chunk expected ${length} bytes, deflated`, cause);
  }
}

/**
 * Undoes a chunk's filters.
 *
 * @param mask has a bit for each filter that was not applied to this chunk
 * @param length expected length of the result, in bytes
 */
export async function unfilter(
  stored: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  length: number,
): Promise<Uint8Array> {
  const applied = filters.filter((_, i) => ((mask >>> i) & 1) === 0);
  let bytes = stored;
  // A checksum that was added before another filter is part of that filter's input.
  let checksums = applied.filter(({ id }) => id === FLETCHER32).length;
  for (const { id, parameters } of applied.reverse()) {
    if (id === FLETCHER32) {
      bytes = check(bytes);
      checksums -= 1;
    } else if (id === SHUFFLE) {
      bytes = unshuffle(bytes, parameters[0] ?? 1);
    } else if (id === DEFLATE) {
      bytes = await unpack(bytes, length + checksums * CHECKSUM_BYTES);
    } else {
      throw unsupported(`a dataset has chunks compressed by ${NAMES[id] ?? `filter ${id}`}`);
    }
  }
  if (bytes.length !== length) {
    throw damaged(`a chunk expected ${length} bytes, got ${bytes.length}`);
  }
  return bytes;
}
