import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ArgumentError, reject } from '../../errors.js';

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The facts of what is at a path; nothing where nothing is. */
export async function factsOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The path without links, also of what isn't there yet. */
export async function realPlace(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || whole === dirname(whole)) throw error;
  }
  const link = await lstat(whole).catch(() => undefined);
  if (link !== undefined) reject(path, 'a path', 'a link to what is not there', 'remove the link');
  return join(await realPlace(dirname(whole)), basename(whole));
}

/** Whether a path is a folder's, or of what lies in it. Both without links. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.replace(/[/\\]*$/, join('/')));

const { R_OK, W_OK, X_OK } = constants;

/** Throws the file system's error where nothing can be made in a folder, or in the nearest one above it that is there. */
export async function requireWritable(folder: string): Promise<void> {
  if ((await factsOf(folder)) === undefined && folder !== dirname(folder)) {
    await requireWritable(dirname(folder));
    return;
  }
  await access(folder, R_OK | W_OK | X_OK);
}

/** Tells what the file system says of a path as a wrong argument; other errors pass. */
export async function toldAsArgument<T>(
  subject: string,
  what: 'file' | 'folder',
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    if (codeOf(cause) === undefined) throw cause;
    throw new ArgumentError(
      `${subject}: expected a ${what} that can be written, got ${(cause as Error).message}`,
      { cause },
    );
  }
}
