import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { reject, requireOptions, show } from '../../errors.js';
import type { LabelledFile } from '../../pictures/types.js';

export interface ImageFolder {
  /** The names of the subfolders, sorted by UTF-16 code units so that labels are the same in every locale. */
  readonly classes: readonly string[];
  /** Sorted by label, then by path. */
  readonly images: readonly LabelledFile[];
  /** How many files in the classes don't have a picture's extension, without hidden files. */
  readonly ignored: number;
}

export interface ReadImageFolderOptions {
  /** How many classes there must be. @default 2 */
  readonly least?: number;
  readonly signal?: AbortSignal;
}

/** Formats that sharp decodes. HEIC, BMP and SVG must be converted first. */
const EXTENSION = /\.(avif|gif|jfif|jpe|jpe?g|png|tiff?|webp)$/i;

/** Files and folders that systems and archivers create, and names that begin with a dot. */
const LITTER = /^(\..*|thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r|__macosx|@eadir)$/i;

/** Whether a file's path, with `/` between names, has a picture's extension, and no part that is hidden or a system's. */
export const isPicturePath = (path: string): boolean =>
  EXTENSION.test(path) && !path.split('/').some((name) => LITTER.test(name));

const EXPECTED = 'a folder with one subfolder per class, two or more, or a .csv file';

type Kind = 'folder' | 'file' | 'other';

const kindOfEntry = (entry: Pick<Dirent, 'isDirectory' | 'isFile'>): Kind =>
  entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';

/** A link counts as its target; a broken link counts as a file, so that decoding reports it. */
async function kindOf(entry: Dirent, path: string): Promise<Kind> {
  if (!entry.isSymbolicLink()) return kindOfEntry(entry);
  return stat(path).then(kindOfEntry, () => 'file');
}

/** Node reads names as UTF-8 and replaces invalid bytes by this mark; such a file can't be opened by its name. */
const MARK = '\ufffd';

async function requireUtf8(path: string): Promise<void> {
  if (!path.includes(MARK) || (await lstat(path).then(Boolean, () => false))) return;
  reject('pictures', 'names in UTF-8', path, 'rename it');
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const list = async (path: string): Promise<Dirent[]> => {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    // Sorted, so that it is always the same one of two links to one folder that is followed.
    return entries
      .filter(({ name }) => !LITTER.test(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return reject(
      'pictures',
      'folders that can be read',
      path,
      `reading it failed with ${codeOf(error)}`,
    );
  }
};

/** The state of reading one class. */
interface Walk {
  readonly root: string;
  /** Real paths of folders that must not be entered: visited ones, and those of other classes. */
  readonly closed: Set<string>;
  readonly signal: AbortSignal | undefined;
  readonly paths: string[];
  ignored: number;
}

/** Collects the pictures in a folder and its subfolders. */
async function walk(folder: string, state: Walk): Promise<void> {
  state.signal?.throwIfAborted();
  for (const entry of await list(folder)) {
    const path = join(folder, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === 'folder') await enter(path, state);
    else if (kind === 'file' && EXTENSION.test(entry.name)) state.paths.push(path);
    else state.ignored++;
  }
}

async function enter(path: string, state: Walk): Promise<void> {
  await requireUtf8(path);
  const real = await realpath(path);
  if (state.closed.has(real) || holds(real, state.root)) return;
  state.closed.add(real);
  await walk(path, state);
}

/** Whether a folder is or contains the root: a link to it would include every class. */
const holds = (real: string, root: string): boolean =>
  `${root}${sep}`.startsWith(real.endsWith(sep) ? real : real + sep);

async function requireFolder(folder: unknown): Promise<string> {
  if (typeof folder !== 'string' || folder === '')
    reject('pictures', 'the path of a folder', folder);
  const facts = await stat(folder).catch(() =>
    reject('pictures', EXPECTED, folder, 'there is no such folder'),
  );
  if (!facts.isDirectory()) reject('pictures', EXPECTED, folder, 'this is another file');
  return realpath(folder);
}

function describeOthers(count: number): string {
  if (count === 0) return '';
  return count === 1
    ? ", and 1 file that isn't a picture"
    : `, and ${count} files that aren't pictures`;
}

interface SubFolders {
  /** The folder's real path. */
  readonly root: string;
  /** Sorted by UTF-16 code units. */
  readonly names: readonly string[];
}

/**
 * The subfolders of a folder, without hidden ones and without links to a folder that contains it.
 *
 * @throws ArgumentError if there is no such folder, it is a file, or it can't be read
 */
export async function subFoldersOf(folder: string): Promise<SubFolders> {
  const root = await requireFolder(folder);
  const names: string[] = [];
  for (const entry of await list(folder)) {
    const path = join(folder, entry.name);
    await requireUtf8(path);
    if ((await kindOf(entry, path)) !== 'folder') continue;
    if (!holds(await realpath(path), root)) names.push(entry.name);
  }
  return { root, names };
}

/**
 * Lists the pictures in a folder and its subfolders, as {@link readImageFolder} does for one class.
 *
 * @throws ArgumentError if it can't be read; the signal's reason
 */
export async function picturesIn(
  folder: string,
  signal?: AbortSignal,
): Promise<Pick<Walk, 'paths' | 'ignored'>> {
  const root = await realpath(folder);
  const state: Walk = { root, closed: new Set(), signal, paths: [], ignored: 0 };
  await walk(folder, state);
  state.paths.sort();
  return state;
}

/** Throws for a folder without pictures. */
export function refuseEmpty(expected: string, folder: string, ignored: number): never {
  reject(
    'pictures',
    expected,
    folder,
    `it has none${describeOthers(ignored)}: add some (.jpg, .png, .webp, .avif, .gif, .tif), or remove it`,
  );
}

/**
 * Lists the pictures in a folder with one subfolder per class; these may have subfolders of their own. Nothing is decoded:
 * pictures are recognised by their extension, and may turn out to be damaged.
 *
 * Hidden files and system files (`.DS_Store`, `Thumbs.db`) are skipped. Links are followed, but no folder is entered twice in a
 * class, or as part of another class.
 *
 * @throws ArgumentError if there is no such folder or it is a file, it has fewer than `least` subfolders, or one of them has no
 *   picture or can't be read
 * @throws the signal's reason
 */
export async function readImageFolder(
  folder: string,
  options: ReadImageFolderOptions = {},
): Promise<ImageFolder> {
  requireOptions('options', options);
  const { signal, least = 2 } = options;
  const { root, names: classes } = await subFoldersOf(folder);
  if (classes.length < least) {
    const got = classes.length === 0 ? 'no subfolder' : `one subfolder, ${show(classes[0])}`;
    const expected = least < 2 ? EXPECTED.replace(', two or more', '') : EXPECTED;
    reject('pictures', expected, folder, `it has ${got}`);
  }
  const places = classes.map((name) => join(folder, name));
  const closed = await Promise.all(places.map((path) => realpath(path)));
  const images: LabelledFile[] = [];
  let ignored = 0;
  for (const [label, place] of places.entries()) {
    const state: Walk = { root, closed: new Set(closed), signal, paths: [], ignored: 0 };
    await walk(place, state);
    if (state.paths.length === 0) {
      refuseEmpty('pictures in each subfolder', place, state.ignored);
    }
    // Sorted by code units.
    for (const path of state.paths.sort()) images.push({ path, label });
    ignored += state.ignored;
  }
  return { classes, images, ignored };
}
