import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { reject } from '../../errors.js';
import { toPath } from '../folder-files.js';
import { isPicturePath, picturesIn, refuseEmpty } from '../images/folder.js';
import { roleOf } from '../images/layout.js';
import { isFolder } from '../list-pictures.js';
import { isAddress, isBucketAddress, isForeign, wayOf } from '../remote/address.js';
import { expandBraces } from './braces.js';
import { inCsv, inText, once } from './in-list.js';
import { inTars } from './in-tars.js';
import { divide, type Division, type Entry, type Source } from './source.js';

const TAR = /\.tar$/i;

/**
 * Names a picture by its path in a folder. Its label is the first subfolder or, in a folder `train`, `val` or `test` that has
 * subfolders, the one in that.
 */
function entryOf(path: string, way: readonly string[]): Entry {
  const [first = null, second = null] = way;
  const name = way.join('/');
  const split = first === null || way.length < 3 ? undefined : roleOf(first);
  if (split !== undefined) return { path, name, label: second, split };
  return { path, name, label: way.length > 1 ? first : null };
}

/** What a folder has: pictures, or else tar files. */
type Content =
  { readonly entries: Iterable<Entry> | AsyncIterable<Entry> } | { readonly tars: string[] };

async function inFolder(folder: string, signal?: AbortSignal): Promise<Content> {
  const { paths, ignored } = await picturesIn(folder, signal);
  if (paths.length > 0) {
    return { entries: paths.map((path) => entryOf(path, relative(folder, path).split(sep))) };
  }
  const tars = (await readdir(folder)).filter((name) => TAR.test(name) && !name.startsWith('.'));
  if (tars.length === 0) refuseEmpty('a folder with pictures or .tar files', folder, ignored);
  return { tars: tars.sort().map((name) => join(folder, name)) };
}

/** Pictures below a prefix in object storage: {@link inFolder} of objects. */
async function inBucket(address: string, signal?: AbortSignal): Promise<Content> {
  const { namesBelow } = await import('../remote/s3-read.js');
  const root = address.replace(/\/*$/, '/');
  const tars: string[] = [];
  let ignored = 0;
  for await (const name of namesBelow(address, { signal })) {
    if (isPicturePath(name)) {
      const entries = async function* () {
        for await (const each of namesBelow(address, { signal })) {
          if (isPicturePath(each)) yield entryOf(`${root}${each}`, each.split('/'));
        }
      };
      return { entries: entries() };
    }
    if (TAR.test(name) && !name.includes('/')) tars.push(`${root}${name}`);
    else ignored++;
  }
  if (tars.length === 0) refuseEmpty('a prefix with pictures or .tar files', address, ignored);
  return { tars };
}

/** The tar files that a path or address stands for, perhaps as a pattern; none if it is something else. */
async function tarsOf(place: string): Promise<string[]> {
  const isThere = !isAddress(place) && (await stat(place).catch(() => undefined)) !== undefined;
  const places = isThere ? [place] : expandBraces(place);
  const isTar = (each: string) => TAR.test(isAddress(each) ? wayOf(each) : each);
  if (places.length > 1 && !places.every(isTar)) {
    reject('pictures', 'a pattern of .tar files', place, 'pass a list of other files');
  }
  return places.every(isTar) && !(isThere && (await isFolder(place))) ? places : [];
}

/** What to do about a source that is none. */
async function adviceFor(place: string): Promise<string | undefined> {
  if (isAddress(place)) return 'folders can’t be listed on the web: pass a list';
  if (/\.(tar\.\w+|tgz)$/i.test(place))
    return 'compressed tar files aren’t read: unpack it with gunzip';
  if (place.includes('*')) return 'name tar files by a pattern such as {0000..0063}';
  const isThere = (await stat(place).catch(() => undefined)) !== undefined;
  return isThere ? undefined : 'there is no such file or folder';
}

/**
 * Lists the pictures of an extraction.
 *
 * @param source the path or address of a folder of pictures or tar files, a `.csv` or `.txt` list, or a tar file or a pattern of some
 * @throws ArgumentError if it is none of them, or has no pictures; NetworkError if an address can't be read
 */
export async function listSource(
  source: string | URL,
  division: Division,
  { multiLabel = false, signal }: { multiLabel?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Source> {
  const place = toPath(source);
  const tars = isForeign(place) ? [] : await tarsOf(place);
  if (tars.length > 0) return inTars(tars, division, multiLabel, signal);
  const options = { multiLabel };
  if (!isAddress(place) && (await isFolder(place))) {
    return ofContent(await inFolder(place, signal));
  }
  const extension = extname(isAddress(place) ? wayOf(place) : place).toLowerCase();
  if (extension === '.csv' || extension === '.txt') {
    const read = () =>
      extension === '.csv' ? inCsv(place, multiLabel, signal) : inText(place, signal);
    return divide(once(place, read), division, options);
  }
  if (isBucketAddress(place)) return ofContent(await inBucket(place, signal));
  const expected = 'a folder of pictures or .tar files, a .csv or .txt list, or a .tar file';
  const advice = await adviceFor(place);
  return reject('pictures', expected, place, advice);

  function ofContent(content: Content): Promise<Source> {
    return 'tars' in content
      ? inTars(content.tars, division, multiLabel, signal)
      : divide(content.entries, division, options);
  }
}
