import { constants } from 'node:fs';
import { access, chmod, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reject } from '../../errors.js';
import {
  BuilderFailure,
  discard,
  renameIfThere,
  restore,
  syncFolder,
  withDraft,
  writeSynced,
} from './draft.js';
import {
  codeOf,
  type Draft,
  factsOf,
  isWithin,
  placeOf,
  realPlace,
  requireWritable,
  toldAsArgument,
} from './place.js';

export interface FolderFile {
  /** Path in the folder, with `/` between names. */
  readonly path: string;
  readonly bytes: string | Uint8Array | Iterable<Uint8Array>;
}

/**
 * A kind of folder that this package writes. A folder counts as this kind if it contains only {@link files} and {@link isOurs}
 * recognises it.
 */
export interface FolderKind {
  /** Its name in error messages, such as "a classifier". */
  readonly name: string;
  /** Paths of all files that it may contain, or patterns of names directly in it. */
  readonly files: readonly (string | RegExp)[];
  /** Whether this package wrote the content of a folder that has no other files. An error counts as no. */
  isOurs(folder: string): Promise<boolean>;
}

/** Files that file managers create in any folder they open. */
const LITTER = ['.DS_Store', 'Thumbs.db', 'desktop.ini'];

/** The first path in a folder that doesn't belong to its kind; undefined if there is none. */
async function foreignIn(
  folder: string,
  files: FolderKind['files'],
  within = '',
): Promise<string | undefined> {
  const has = (test: (file: string) => boolean, path: string): boolean =>
    files.some((file) => (typeof file === 'string' ? test(file) : file.test(path)));
  for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
    const path = within === '' ? entry.name : `${within}/${entry.name}`;
    const expected = entry.isDirectory()
      ? has((file) => file.startsWith(`${path}/`), `${path}/`)
      : entry.isFile() && (has((file) => file === path, path) || LITTER.includes(entry.name));
    if (!expected) return path;
    const found = entry.isDirectory() ? await foreignIn(folder, files, path) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Distinguishes a folder from one that replaces it. */
const identityOf = async (folder: string): Promise<string | undefined> => {
  const facts = await stat(folder, { bigint: true }).catch(() => undefined);
  return facts && `${facts.dev} ${facts.ino} ${facts.birthtimeNs}`;
};

/** Throws unless the content of a folder may be replaced. */
async function requireOurs(subject: string, path: string, kind: FolderKind): Promise<void> {
  const refuse = (got: string): never =>
    reject(
      subject,
      `a new folder, an empty one, or ${kind.name} that resnet-heads wrote`,
      got,
      'pass another folder',
    );
  const entries = (await readdir(path)).filter((name) => !LITTER.includes(name));
  if (entries.length === 0) return;
  const foreign = await foreignIn(path, kind.files);
  if (foreign !== undefined) refuse(foreign);
  const isOurs = await kind.isOurs(path).catch(() => false);
  if (!isOurs) refuse(`${entries.join(', ')}, which it did not write`);
}

/** Throws unless a folder may be replaced or no longer exists. If another process replaces it meanwhile, it is checked again. */
async function requireReplaceable(subject: string, path: string, kind: FolderKind): Promise<void> {
  for (;;) {
    const before = await identityOf(path);
    if (before === undefined) return;
    try {
      await requireOurs(subject, path, kind);
      return;
    } catch (error) {
      if ((await identityOf(path)) === before) throw error;
    }
  }
}

/**
 * Checks that a folder of a kind can be written at a path, before work begins.
 *
 * @returns the path without links
 * @throws ArgumentError if something is there that this package didn't write, if it can't be replaced because it is the current
 *   folder or a mount point, or if nothing can be written
 */
export async function requireFolder(folder: string | URL, kind: FolderKind): Promise<string> {
  const place = placeOf('folder', folder);
  const subject = String(folder);
  return toldAsArgument(subject, 'folder', async () => {
    const path = await realPlace(place);
    const parent = dirname(path);
    const facts = await factsOf(path);
    if (facts === undefined) {
      await requireWritable(path);
      return path;
    }
    if (!facts.isDirectory()) reject(subject, 'a folder', 'a file', 'pass another path');
    if (isWithin(path, process.cwd())) {
      reject(
        subject,
        'a folder other than the current one',
        path,
        `it would be replaced as a whole: pass a folder in it`,
      );
    }
    await requireReplaceable(subject, path, kind);
    if (path === parent || facts.dev !== (await stat(parent)).dev) {
      reject(subject, 'a folder that can be replaced', 'a mount point', 'pass a folder in it');
    }
    await requireWritable(path);
    await access(path, constants.W_OK).catch((error: unknown) => {
      // Another process is replacing it at this moment.
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    return path;
  });
}

/** Error codes for renaming a folder to a path that is occupied. */
const OCCUPIED = ['ENOTEMPTY', 'EEXIST', 'EPERM'];

/** Moves the draft into place. Between its two renames nothing is there; {@link restore} repairs that. */
async function putInPlace({ draft, old }: Draft, path: string, check: () => Promise<void>) {
  for (;;) {
    if ((await factsOf(path)) !== undefined) await check();
    const replaces = await renameIfThere(path, old);
    try {
      await rename(draft, path);
      return replaces;
    } catch (error) {
      const occupied = (await factsOf(path)) !== undefined;
      // Between the two renames, a reader found nothing and put the old one back.
      if (occupied && OCCUPIED.includes(codeOf(error) ?? '')) continue;
      if (replaces && !occupied) await rename(old, path);
      throw error;
    }
  }
}

/** Writes a file of a folder, by its path in it, with `/` between names. */
export type Put = (path: string, bytes: FolderFile['bytes']) => Promise<void>;

/**
 * Writes a folder completely or not at all: it is written beside its path, under another name, until all of it is on disk, and
 * then renamed. An existing folder is replaced if it is of the same kind and this package wrote it. One process at a time writes
 * a folder; it removes what killed writers left. Parent folders are created.
 *
 * Node can't exchange two folders in one call, so a folder that is replaced is gone for some microseconds. If a process is killed
 * then, {@link readFolder} and the next writer put it back.
 *
 * @param build writes the files, one after the other; if it throws, the old folder stays
 * @throws ArgumentError as {@link requireFolder}, and if writing fails
 */
export async function buildFolder(
  folder: string,
  kind: FolderKind,
  build: (put: Put) => Promise<void>,
): Promise<void> {
  const path = await requireFolder(folder, kind);
  const told = <T>(body: () => Promise<T>) => toldAsArgument(folder, 'folder', body);
  const parent = dirname(path);
  await told(() => mkdir(parent, { recursive: true }));
  await told(() =>
    withDraft(path, async (names) => {
      const { draft, old } = names;
      const folders = new Set([draft]);
      await mkdir(draft, { recursive: true });
      const put: Put = async (name, bytes) => {
        const place = join(draft, name);
        folders.add(dirname(place));
        await mkdir(dirname(place), { recursive: true });
        await told(() => writeSynced(place, bytes));
      };
      await BuilderFailure.of(build(put));
      for (const each of folders) await syncFolder(each);
      const mode = (await factsOf(path))?.mode;
      if (mode !== undefined) await chmod(draft, mode);
      const replaces = await putInPlace(names, path, () => requireReplaceable(folder, path, kind));
      await syncFolder(parent);
      // The new one is in place: a failure to remove the old one is left to the next writer.
      if (replaces) await discard(old).catch(() => undefined);
    }),
  ).catch((error: unknown) => BuilderFailure.rethrow(error));
}

/** {@link buildFolder} with files that are there already. */
export const writeFolder = (
  folder: string,
  content: readonly FolderFile[],
  kind: FolderKind,
): Promise<void> =>
  buildFolder(folder, kind, async (put) => {
    for (const { path, bytes } of content) await put(path, bytes);
  });

/** Puts back a folder whose replacement was interrupted, if this process may write there. */
const putBack = (folder: string): Promise<boolean> =>
  realPlace(folder)
    .then(restore)
    .catch(() => false);

/**
 * Reads a folder that another process may replace meanwhile, so that all of it belongs to the same version. A folder whose
 * replacement was interrupted is put back first.
 *
 * @param read called again if the folder was replaced while it ran
 */
export async function readFolder<T>(folder: string, read: () => Promise<T>): Promise<T> {
  for (;;) {
    const before = await identityOf(folder);
    if (before === undefined && (await putBack(folder))) continue;
    try {
      const value = await read();
      if ((await identityOf(folder)) === before) return value;
    } catch (error) {
      if ((await identityOf(folder)) === before) throw error;
    }
  }
}
