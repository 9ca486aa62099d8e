import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { HashedFile } from '../weights/surroundings.js';

/** Size of a piece, which is read while the one before is hashed; from 1 to 16 MiB it made no difference. */
const PIECE_BYTES = 4 * 2 ** 20;

/**
 * Reads a file's bytes and computes their SHA-256 meanwhile: reading uses another thread, and both take the same time. WebCrypto
 * would copy the file first.
 *
 * Throws the file system's errors.
 */
export async function hashedBytes(path: string | URL): Promise<HashedFile> {
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    const { size } = await file.stat();
    // The size of a pipe isn't known.
    if (size === 0) {
      const bytes = new Uint8Array(await file.readFile());
      return { bytes, sha256: hash.update(bytes).digest('hex') };
    }
    const bytes = new Uint8Array(size);
    const readFrom = (begin: number) =>
      file.read(bytes, begin, Math.min(PIECE_BYTES, size - begin), begin);
    let end = 0;
    let reading = readFrom(end);
    for (;;) {
      const { bytesRead } = await reading;
      // At the end of the file, or if it was truncated meanwhile.
      if (bytesRead === 0) break;
      const piece = bytes.subarray(end, end + bytesRead);
      end += bytesRead;
      reading = readFrom(end);
      hash.update(piece);
    }
    return { bytes: bytes.subarray(0, end), sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
