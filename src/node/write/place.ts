import { constants } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { access, lstat, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArgumentError, reject } from '../../errors.js';

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The file system's facts about a path; undefined if nothing is there. */
export async function factsOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** In the names of temporary files and folders, such as `model.resnet-heads-1a2b3c4d.tmp`. */
export const MARK = '.resnet-heads';
export const LEFTOVER = /^-[\da-f]{8}\.(tmp|old)$/;
const ID_BYTES = 4;

/** Where a writer puts the new version, and where the old one stays until the new one is in place. */
export interface Draft {
  readonly draft: string;
  readonly old: string;
}

export function namesBeside(path: string): Draft {
  const own = `${path}${MARK}-${randomBytes(ID_BYTES).toString('hex')}`;
  return { draft: `${own}.tmp`, old: `${own}.old` };
}

/** The beginning of URLs and of TensorFlow.js's stores. */
const ADDRESS = /^(file:|[a-z][a-z\d+.-]*:\/\/)/i;

/**
 * The absolute path to write to, as the current folder may change later.
 *
 * @param place a path, or a `file:` URL, also as a string
 * @throws ArgumentError if it is neither
 */
export function placeOf(subject: string, place: unknown): string {
  const refuse = (): never =>
    reject(
      subject,
      'a path or a file: URL',
      place instanceof URL ? place.href : place,
      'files are only written to paths',
    );
  if (place === '' || (typeof place !== 'string' && !(place instanceof URL))) return refuse();
  const text = String(place);
  if (!ADDRESS.test(text)) return resolve(text);
  try {
    return fileURLToPath(text);
  } catch {
    // It has another scheme, or a host.
    return refuse();
  }
}

/** The path without links, even if nothing is there yet. */
export async function realPlace(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || whole === dirname(whole)) throw error;
  }
  const link = await lstat(whole).catch(() => undefined);
  if (link !== undefined) reject(path, 'a path', 'a broken link', 'pass another path');
  return join(await realPlace(dirname(whole)), basename(whole));
}

/** Whether a path is a folder or inside it. Both without links. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.replace(/[/\\]*$/, join('/')));

const { R_OK, W_OK, X_OK } = constants;

/**
 * Throws the file system's error if nothing can be created at a path: in its folder, or in the nearest existing one above it.
 * Some folders, such as those of /proc, refuse what their permissions allow, so a file is created as a test.
 */
export async function requireWritable(path: string): Promise<void> {
  const folder = dirname(path);
  if ((await factsOf(folder)) === undefined) {
    await requireWritable(folder);
    return;
  }
  await access(folder, R_OK | W_OK | X_OK);
  const { draft } = namesBeside(path);
  await mkdir(draft);
  // Another process that writes there may have removed it.
  await rm(draft, { recursive: true, force: true });
}

/** Converts the file system's errors to ArgumentErrors; other errors are passed on. */
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
