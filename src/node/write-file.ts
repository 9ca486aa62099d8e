import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { ArgumentError } from '../errors.js';

/**
 * Writes a cache's file completely or not at all, without waiting until it is on disk: readers check its hash. Files that users
 * name are written by `write/`.
 *
 * @throws ArgumentError if it can't be written
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new ArgumentError(
      `${path}: expected a file that can be written, got ${(cause as Error).message}`,
      { cause },
    );
  }
}
