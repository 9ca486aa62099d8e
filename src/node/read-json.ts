import { readFile } from 'node:fs/promises';
import { ArgumentError } from '../errors.js';

/** A JSON file; errors say whose file it should be, and what to do where it isn't there. */
export async function readJson(
  path: string,
  [owner, remedy]: readonly [owner: string, remedy: string],
): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ArgumentError(
      `${path}: expected a file of ${owner}, got ${(cause as Error).message}; ${remedy}`,
      { cause },
    );
  }
}
