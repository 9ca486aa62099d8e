import type { Shape } from '../../layers/factory.js';
import type { NamedArray } from './named-array.js';

/** A file begins with the header's length, a little-endian 64-bit integer. */
const PREFIX_BYTES = 8;
/** The header is padded with spaces, so that the data begins at a multiple of this. */
const ALIGNMENT = 8;

/** An array to write. */
interface Entry {
  readonly name: string;
  readonly dtype: 'F32' | 'F16' | 'I32';
  readonly shape: Shape;
  readonly byteLength: number;
}

/**
 * The beginning of a safetensors file; the arrays' bytes follow in this order.
 *
 * @param metadata strings for the file's `__metadata__`
 */
export function safetensorsHeader(
  entries: readonly Entry[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let end = 0;
  for (const { name, dtype, shape, byteLength } of entries) {
    const begin = end;
    end += byteLength;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const encoder = new TextEncoder();
  const bare = encoder.encode(json).byteLength;
  const padding = (ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT;
  const text = encoder.encode(json + ' '.repeat(padding));
  const bytes = new Uint8Array(PREFIX_BYTES + text.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, PREFIX_BYTES);
  return bytes;
}

/**
 * Writes arrays as safetensors; `parseSafetensors` reads float32 back bit for bit.
 *
 * @param metadata strings for the file's `__metadata__`
 * @param toHalf rounds numbers to float16, to write those
 */
export function writeSafetensors(
  arrays: readonly NamedArray[],
  metadata?: Readonly<Record<string, string>>,
  toHalf?: (name: string, values: Float32Array) => Uint16Array,
): Uint8Array {
  const parts = arrays.map(({ name, data }) => toHalf?.(name, data) ?? data);
  const entries = arrays.map(({ name, shape }, i): Entry => {
    return { name, dtype: toHalf ? 'F16' : 'F32', shape, byteLength: parts[i]?.byteLength ?? 0 };
  });
  const header = safetensorsHeader(entries, metadata);
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength);
  const bytes = new Uint8Array(size);
  bytes.set(header);
  let position = header.byteLength;
  for (const data of parts) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}
