import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { HashedFile } from '../weights/surroundings.js';

/** Read ahead while the piece before is hashed; from 1 to 16 MiB it made no difference. */
const PIECE_BYTES = 4 * 2 ** 20;

/**
 * A file's bytes and their SHA-256, which is computed while they are read: reading takes a thread of its own,
 * and either takes as long as the other. WebCrypto would copy the file first.
 *
 * Its errors are the file system's.
 */
export async function hashedBytes(path: string | URL): Promise<HashedFile> {
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    const { size } = await file.stat();
    // A pipe doesn't say how much there is in it.
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
      // At its end, or where somebody has cut it meanwhile.
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
