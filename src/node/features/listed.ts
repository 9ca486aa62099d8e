import { dirname, extname, relative, resolve, sep } from 'node:path';
import { reject } from '../../errors.js';
import { toPath } from '../folder-files.js';
import { picturesIn, refuseEmpty } from '../images/folder.js';
import { fail, readTable } from '../images/table.js';
import { isFolder } from '../list-pictures.js';
import { divide, type Division, type Entry, type Source } from './source.js';

/** Pictures in a folder: those of its subfolders have their names as labels. */
async function inFolder(folder: string, signal?: AbortSignal): Promise<Entry[]> {
  const { paths, ignored } = await picturesIn(folder, signal);
  if (paths.length === 0) refuseEmpty('a folder with pictures', folder, ignored);
  return paths.map((path) => {
    const way = relative(folder, path).split(sep);
    return { path, name: way.join('/'), label: way.length > 1 ? (way[0] ?? null) : null };
  });
}

/** Pictures in a `.csv` file with the column `path`, relative to it, and perhaps `label`. */
async function inCsv(file: string, multiLabel: boolean): Promise<Entry[]> {
  const rows = await readTable('pictures', file, ['path']);
  if (rows.length === 0) fail(file, 'rows below the names of the columns', 'none', 'add some');
  return rows.map(({ record: { path = '', label }, line }) => {
    if (path === '') fail(file, 'a path in each row', `none in line ${line}`, 'fill it in');
    const known = label === '' && !multiLabel ? null : (label ?? null);
    return { path: resolve(dirname(file), path), name: path, label: known };
  });
}

/** Refuses a list that names a picture twice: it would be in the files twice. */
function requireOnce(place: string, entries: readonly Entry[]): readonly Entry[] {
  const seen = new Set<string>();
  for (const { path } of entries) {
    if (seen.size === seen.add(path).size) {
      fail(place, 'each picture once', `${path} twice`, 'remove one of the rows');
    }
  }
  return entries;
}

/**
 * Lists the pictures of an extraction.
 *
 * @param source the path of a folder of pictures or a `.csv` file
 * @throws ArgumentError if it is neither, or has no pictures
 */
export async function listSource(
  source: string | URL,
  division: Division,
  { multiLabel = false, signal }: { multiLabel?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Source> {
  const path = toPath(source);
  if (await isFolder(path)) return divide(await inFolder(path, signal), division, { multiLabel });
  if (extname(path).toLowerCase() !== '.csv') {
    reject('pictures', 'a folder of pictures or a .csv file', path);
  }
  return divide(requireOnce(path, await inCsv(path, multiLabel)), division, { multiLabel });
}
