import * as fs from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Where a user's caches of this project lie; an empty variable counts as unset, by the XDG specification. */
export function userCache() {
  const { XDG_CACHE_HOME } = process.env;
  const caches = XDG_CACHE_HOME === '' ? undefined : XDG_CACHE_HOME;
  return resolve(caches ?? join(homedir(), '.cache'), 'resnet-heads');
}

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
