import { constants } from 'node:fs';
import { access, chmod, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reject } from '../../errors.js';
import { discard, renameIfThere, restore, syncFolder, withDraft, writeSynced } from './draft.js';
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
  /** In the folder, with `/` between names. */
  readonly path: string;
  readonly bytes: string | Uint8Array | Iterable<Uint8Array>;
}

/**
 * A kind of folder that this package writes. A folder is taken for one of ours where it holds nothing but
 * {@link files}, and their content says so.
 */
export interface FolderKind {
  /** As errors name it, such as "a classifier". */
  readonly name: string;
  /** Paths of all files that it may have. */
  readonly files: readonly string[];
  /** Whether the content of a folder with no other files is what this package writes. Where it throws, it isn't. */
  isOurs(folder: string): Promise<boolean>;
}

/** What file managers leave in any folder that is looked at. */
const LITTER = ['.DS_Store', 'Thumbs.db', 'desktop.ini'];

/** The path of something in a folder that isn't of its kind; nothing where all of it is. Stops at the first. */
async function foreignIn(
  folder: string,
  files: readonly string[],
  within = '',
): Promise<string | undefined> {
  for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
    const path = within === '' ? entry.name : `${within}/${entry.name}`;
    const expected = entry.isDirectory()
      ? files.some((file) => file.startsWith(`${path}/`))
      : entry.isFile() && (files.includes(path) || LITTER.includes(entry.name));
    if (!expected) return path;
    const found = entry.isDirectory() ? await foreignIn(folder, files, path) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What tells a folder from another one that takes its place. */
const identityOf = async (folder: string): Promise<string | undefined> => {
  const facts = await stat(folder, { bigint: true }).catch(() => undefined);
  return facts && `${facts.dev} ${facts.ino} ${facts.birthtimeNs}`;
};

/** Throws unless what is in a folder may be replaced. */
async function requireOurs(subject: string, path: string, kind: FolderKind): Promise<void> {
  const refuse = (got: string): never =>
    reject(
      subject,
      `a new folder, an empty one, or ${kind.name} that resnet-heads wrote`,
      got,
      'name another folder',
    );
  const entries = (await readdir(path)).filter((name) => !LITTER.includes(name));
  if (entries.length === 0) return;
  const foreign = await foreignIn(path, kind.files);
  if (foreign !== undefined) refuse(foreign);
  const isOurs = await kind.isOurs(path).catch(() => false);
  if (!isOurs) refuse(`${entries.join(', ')}, which it did not write as such`);
}

/**
 * Throws unless a folder may be replaced, or isn't there any more. One that another process replaces while it is looked at is
 * looked at again.
 */
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
 * @throws ArgumentError where something is there that isn't ours, where it is the folder that the process is in or a
 *   mount point, which can't be replaced, or where nothing can be written
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
    if (!facts.isDirectory()) reject(subject, 'a folder', 'a file', 'name another path');
    if (isWithin(path, process.cwd())) {
      reject(
        subject,
        'another folder than the current one',
        path,
        `it would be replaced as a whole: name a folder in it`,
      );
    }
    await requireReplaceable(subject, path, kind);
    if (path === parent || facts.dev !== (await stat(parent)).dev) {
      reject(subject, 'a folder that can be replaced', 'a mount point', 'name a folder in it');
    }
    await requireWritable(path);
    await access(path, constants.W_OK).catch((error: unknown) => {
      // Another process replaces it at this moment.
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    return path;
  });
}

/** As file systems tell that a folder can't be renamed to what is there. */
const OCCUPIED = ['ENOTEMPTY', 'EEXIST', 'EPERM'];

/** Puts the draft in place. Between its two renames nothing is there, which {@link restore} mends. */
async function putInPlace({ draft, old }: Draft, path: string, check: () => Promise<void>) {
  for (;;) {
    if ((await factsOf(path)) !== undefined) await check();
    const replaces = await renameIfThere(path, old);
    try {
      await rename(draft, path);
      return replaces;
    } catch (error) {
      const occupied = (await factsOf(path)) !== undefined;
      // A reader found nothing between the two and put the old one back.
      if (occupied && OCCUPIED.includes(codeOf(error) ?? '')) continue;
      if (replaces && !occupied) await rename(old, path);
      throw error;
    }
  }
}

/**
 * Writes a folder whole or not at all. It is written beside, under another name, until all of it is on the disk, and
 * put in place then. What was there is replaced where it is of the same kind and this package wrote it. One process
 * at a time writes a folder, and removes what others left that were killed. Folders above it are made.
 *
 * Linux has no call within reach that exchanges two folders, so that one which is replaced is gone for some
 * microseconds. {@link readFolder} and the next writer put it back after a process that was killed then.
 *
 * @throws ArgumentError as {@link requireFolder}, and where writing fails
 */
export async function writeFolder(
  folder: string,
  content: readonly FolderFile[],
  kind: FolderKind,
): Promise<void> {
  const path = await requireFolder(folder, kind);
  await toldAsArgument(folder, 'folder', async () => {
    const parent = dirname(path);
    await mkdir(parent, { recursive: true });
    await withDraft(path, async (names) => {
      const { draft, old } = names;
      const folders = new Set([draft, ...content.map((file) => dirname(join(draft, file.path)))]);
      for (const each of folders) await mkdir(each, { recursive: true });
      for (const { path: name, bytes } of content) await writeSynced(join(draft, name), bytes);
      for (const each of folders) await syncFolder(each);
      const mode = (await factsOf(path))?.mode;
      if (mode !== undefined) await chmod(draft, mode);
      const replaces = await putInPlace(names, path, () => requireReplaceable(folder, path, kind));
      await syncFolder(parent);
      // The new one is in place: what can't be removed is no failure, and left to the next writer.
      if (replaces) await discard(old).catch(() => undefined);
    });
  });
}

/** A reader that may not write finds nothing to put back, and says what it misses. */
const putBack = (folder: string): Promise<boolean> =>
  realPlace(folder)
    .then(restore)
    .catch(() => false);

/**
 * Reads a folder that another process may replace meanwhile: all of it from the same one. A folder whose replacement
 * was cut off is put back first.
 *
 * @param read is run again where the folder was replaced while it ran
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
