import { volume } from '../../../layers/cost/layer-cost.js';
import type { Shape } from '../../../layers/factory.js';
import type { Allowance } from '../allowance.js';
import { bfloatToFloat, halfToFloat } from '../half.js';
import { view } from '../view.js';
import { readChunks } from './chunks.js';
import type { Dataset, FloatType } from './dataset.js';
import { damaged } from './failure.js';
import type { Hdf5File } from './file.js';

/** Reads a dataset's bytes; undefined if any part of it was never written. */
async function rawBytes(
  file: Hdf5File,
  dataset: Dataset,
  shape: Shape,
  itemBytes: number,
  allowance: Allowance,
): Promise<Uint8Array | undefined> {
  const layout = dataset.layout();
  const filters = dataset.filters();
  if (layout.kind === 'chunked') {
    const { shape: chunk, index } = layout;
    return readChunks(file, { shape, chunk, itemBytes }, index, filters, allowance);
  }
  if (filters.length > 0) throw damaged('a dataset with filters expected chunks, got none');
  if (layout.kind === 'contiguous' && layout.address === undefined) return undefined;
  const bytes =
    layout.kind === 'compact'
      ? layout.bytes
      : file.slice('a dataset', layout.address, layout.bytes);
  const expected = volume(shape) * itemBytes;
  if (bytes.length !== expected) {
    throw damaged(
      `a dataset [${shape.join(', ')}] expected ${expected} bytes, got ${bytes.length}`,
    );
  }
  return bytes;
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) {
    for (let i = 0; i < size; i++) result[at + i] = bytes[at + size - 1 - i] ?? 0;
  }
  return result;
}

function toFloats(bytes: Uint8Array, { bytes: size, bigEndian, brain }: FloatType): Float32Array {
  const little = bigEndian ? swapped(bytes, size) : bytes;
  if (size === 4) return view(little, Float32Array);
  if (size === 8) return new Float32Array(view(little, Float64Array));
  return (brain ? bfloatToFloat : halfToFloat)(view(little, Uint16Array));
}

/**
 * Reads a dataset's numbers in single precision: a view of the file if they are stored as such and in one piece. If any part was
 * never written, all are NaN.
 */
export async function readNumbers(
  file: Hdf5File,
  dataset: Dataset,
  shape: Shape,
  type: FloatType,
  allowance: Allowance,
): Promise<Float32Array> {
  const elements = volume(shape);
  if (elements === 0) return new Float32Array(0);
  allowance.take(elements * Float32Array.BYTES_PER_ELEMENT);
  const bytes = await rawBytes(file, dataset, shape, type.bytes, allowance);
  return bytes === undefined ? new Float32Array(elements).fill(NaN) : toFloats(bytes, type);
}
