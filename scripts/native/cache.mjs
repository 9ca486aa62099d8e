import * as fs from 'node:fs';
import { dirname } from 'node:path';

/** @param {string} path */
export const remove = (path) => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/**
 * An empty folder beside a future entry of the cache, so that one rename stores what was made in it; gone
 * when this process ends.
 *
 * @param {string} entry
 */
export function folderBeside(entry) {
  fs.mkdirSync(dirname(entry), { recursive: true });
  const folder = fs.mkdtempSync(`${entry}-`);
  process.once('exit', () => remove(folder));
  return folder;
}

/** @type {(made: string, entry: string) => void} */
export function store(made, entry) {
  try {
    fs.renameSync(made, entry);
  } catch (error) {
    // If another process stored the same first, that one serves.
    if (!fs.existsSync(entry)) throw error;
  }
}
