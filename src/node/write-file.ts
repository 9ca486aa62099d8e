import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { ArgumentError } from '../errors.js';

/**
 * Writes a file of a cache whole or not at all, without waiting until it is on the disk: whoever reads it checks its hash. What
 * users name is written by `write/`.
 *
 * @throws ArgumentError where it can't be written
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
