import { constants } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { access, lstat, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** What lies beside a file or folder while it is written, such as `model.resnet-heads-1a2b3c4d.tmp`. */
export const MARK = '.resnet-heads';
export const LEFTOVER = /^-[\da-f]{8}\.(tmp|old)$/;
const ID_BYTES = 4;

/** Where a writer puts the new version, and where the one that it replaces stays until the new one is in place. */
export interface Draft {
  readonly draft: string;
  readonly old: string;
}

export function namesBeside(path: string): Draft {
  const own = `${path}${MARK}-${randomBytes(ID_BYTES).toString('hex')}`;
  return { draft: `${own}.tmp`, old: `${own}.old` };
}

/** As addresses begin, and stores of TensorFlow.js. */
const ADDRESS = /^(file:|[a-z][a-z\d+.-]*:\/\/)/i;

/**
 * The whole path of what is written, as it stands now: the process may change its folder later.
 *
 * @param place a path, or a `file:` URL, also as text
 * @throws ArgumentError where it is neither
 */
export function placeOf(subject: string, place: unknown): string {
  const refuse = (): never =>
    reject(
      subject,
      'a path or a file: URL',
      place instanceof URL ? place.href : place,
      'only paths are written to',
    );
  if (place === '' || (typeof place !== 'string' && !(place instanceof URL))) return refuse();
  const text = String(place);
  if (!ADDRESS.test(text)) return resolve(text);
  try {
    return fileURLToPath(text);
  } catch {
    // Of another scheme, or with a host.
    return refuse();
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
  if (link !== undefined)
    reject(path, 'a path', 'a link to what is not there', 'name another path');
  return join(await realPlace(dirname(whole)), basename(whole));
}

/** Whether a path is a folder's, or of what lies in it. Both without links. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.replace(/[/\\]*$/, join('/')));

const { R_OK, W_OK, X_OK } = constants;

/**
 * Throws the file system's error where nothing can be made at a path: in its folder, or in the nearest one above it that is
 * there. Some folders refuse whom their permissions allow, such as those of /proc, so that it is tried as well.
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
