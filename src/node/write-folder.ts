import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ArgumentError, reject } from '../errors.js';

export interface FolderFile {
  /** In the folder. */
  readonly path: string;
  readonly bytes: string | Iterable<Uint8Array>;
}

async function entriesOf(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes a folder whole or not at all: beside it first, under another name, which it loses at the end. One that
 * is there already is replaced, if it has nothing but what `replaceable` names.
 *
 * @param kind what it is called in errors
 * @throws ArgumentError where the folder has something else, or can't be written
 */
export async function writeFolderWhole(
  folder: string,
  content: readonly FolderFile[],
  kind: string,
  replaceable: readonly string[],
): Promise<void> {
  const target = resolve(folder);
  const draft = `${target}.${randomUUID()}.tmp`;
  const old = `${draft}.old`;
  try {
    const entries = await entriesOf(target);
    const foreign = entries?.find((entry) => !replaceable.includes(entry));
    if (foreign !== undefined) {
      reject(folder, `a new folder, an empty one, or ${kind}`, foreign, 'name another folder');
    }
    for (const { path, bytes } of content) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), bytes);
    }
    if (entries !== undefined) await rename(target, old);
    try {
      await rename(draft, target);
    } catch (error) {
      if (entries !== undefined) await rename(old, target);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (cause instanceof ArgumentError) throw cause;
    throw new ArgumentError(
      `${folder}: expected a folder that can be written, got ${(cause as Error).message}`,
      { cause },
    );
  }
}
