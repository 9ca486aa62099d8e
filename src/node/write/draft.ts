import { open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { acquireLock, type LockTimes } from '../lock.js';
import { codeOf, type Draft, factsOf, LEFTOVER, MARK, namesBeside } from './place.js';

/** Writers finish within seconds; one that has lost its machine is given ten heartbeats. */
const LOCK_TIMES: LockTimes = { heartbeatMs: 1_000, staleMs: 10_000, pollMs: 50 };

/** Renames a file, and returns whether it existed. */
export async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function leftoversOf(path: string): Promise<string[]> {
  const start = basename(path) + MARK;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(start) && LEFTOVER.test(name.slice(start.length)))
    .map((name) => join(dirname(path), name));
}

const isOld = (path: string): boolean => path.endsWith('.old');

/** Removes what was replaced. It is renamed to a draft first, so that a partly removed folder is never put back. */
export async function discard(old: string): Promise<void> {
  const draft = old.replace(/\.old$/, '.tmp');
  await rm(draft, { recursive: true, force: true });
  await rename(old, draft);
  await rm(draft, { recursive: true, force: true });
}

/**
 * Puts back a folder whose replacement was interrupted between its two renames.
 *
 * @param path of a folder that doesn't exist
 * @returns whether there was one to put back
 */
export async function restore(path: string): Promise<boolean> {
  for (const old of (await leftoversOf(path)).filter(isOld)) {
    try {
      await rename(old, path);
      return true;
    } catch {
      // Its writer is alive and has finished, or the folder is read-only: nothing to do.
    }
  }
  return false;
}

/** Removes what killed writers left. The caller must hold the lock. */
async function tidy(path: string): Promise<void> {
  const leftovers = await leftoversOf(path);
  for (const left of leftovers) {
    if (!isOld(left)) await rm(left, { recursive: true, force: true });
    else if ((await factsOf(path)) === undefined) await rename(left, path);
    else await discard(left);
  }
}

/**
 * Lets one process at a time write a file or folder; others wait. What killed writers left is removed first, and the draft if
 * `write` throws.
 *
 * If two processes take over a killed one's lock at once, one of them may find its draft gone and fail; what they write is
 * complete all the same.
 */
export async function withDraft<T>(path: string, write: (draft: Draft) => Promise<T>): Promise<T> {
  const unlock = await acquireLock(`${path}${MARK}.lock`, LOCK_TIMES);
  const names = namesBeside(path);
  try {
    await tidy(path);
    return await write(names);
  } catch (error) {
    await rm(names.draft, { recursive: true, force: true });
    throw error;
  } finally {
    await unlock();
  }
}

/** Writes a file and waits until it is on disk, so that a later rename can't take effect before the content. */
export async function writeSynced(
  path: string,
  bytes: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await writeFile(handle, bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Error codes of file systems that can't sync a folder, such as Windows's. */
const UNSUPPORTED = ['EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];

/** Waits until the names in a folder are on disk. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!UNSUPPORTED.includes(codeOf(error) ?? '')) throw error;
  }
}

/** Carries an error of the code that makes the content past the code that takes errors of the file system for those of the place. */
export class BuilderFailure extends Error {
  constructor(override readonly cause: unknown) {
    super();
  }

  /** Runs what makes the content. */
  static of<T>(build: Promise<T>): Promise<T> {
    return build.catch((error: unknown) => {
      throw new BuilderFailure(error);
    });
  }

  /** Throws what it carries, or another error as it is. */
  static rethrow(error: unknown): never {
    throw error instanceof BuilderFailure ? error.cause : error;
  }
}
