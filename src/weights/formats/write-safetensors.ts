import type { NamedArray } from './named-array.js';

/** A file begins with the header's length, a little-endian 64-bit integer. */
const PREFIX_BYTES = 8;
/** The header is padded with spaces, so that the data begins at a multiple of this. */
const ALIGNMENT = 8;

/**
 * Writes arrays as safetensors (F32), which `parseSafetensors` reads back bit for bit.
 *
 * @param metadata strings for the file's `__metadata__`
 */
export function writeSafetensors(
  arrays: readonly NamedArray[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let end = 0;
  for (const { name, shape, data } of arrays) {
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const encoder = new TextEncoder();
  const bare = encoder.encode(json).byteLength;
  const padding = (ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT;
  const text = encoder.encode(json + ' '.repeat(padding));

  const bytes = new Uint8Array(PREFIX_BYTES + text.byteLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, PREFIX_BYTES);
  let position = PREFIX_BYTES + text.byteLength;
  for (const { data } of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}
