/** Deflate compresses by at most 1,032 to 1 (zlib's technical details), so that one piece gives at most 17 MB. */
const PIECE_BYTES = 16384;

/**
 * Decompresses to exactly `length` bytes with the platform's zlib, which also verifies the checksum. A stream that holds more is
 * cancelled at once.
 *
 * @param format `deflate` is a zlib stream (RFC 1950)
 * @throws Error if the bytes are not such a stream, or hold more or less
 */
export async function inflate(
  pieces: readonly Uint8Array[],
  format: 'deflate' | 'gzip',
  length: number,
): Promise<Uint8Array> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const feeding = (async () => {
    for (const bytes of pieces) {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        await writer.write(bytes.subarray(at, at + PIECE_BYTES) as Uint8Array<ArrayBuffer>);
      }
    }
    await writer.close();
  })();
  // Errors also reach the reader.
  feeding.catch(() => undefined);
  const result = new Uint8Array(length);
  const reader = stream.readable.getReader();
  let end = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (end + value.length > length) {
      await reader.cancel();
      throw new Error(`expected ${length} bytes when unpacked, got more`);
    }
    result.set(value, end);
    end += value.length;
  }
  await feeding;
  if (end !== length) throw new Error(`expected ${length} bytes when unpacked, got ${end}`);
  return result;
}
