import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { reject } from '../../errors.js';
import { toPath } from '../folder-files.js';
import { isPicturePath, picturesIn, refuseEmpty } from '../images/folder.js';
import { requireSeparable } from '../images/label-text.js';
import { roleOf } from '../images/layout.js';
import { isFolder } from '../list-pictures.js';
import { fail } from '../images/table.js';
import { isAddress, isBucketAddress, isForeign, wayOf } from '../remote/address.js';
import { expandBraces } from './braces.js';
import { inCsv, inText, once } from './in-list.js';
import { inTars, PATTERNS } from './in-tars.js';
import { divide, type Division, type Entry, type Source } from './source.js';

const TAR = /\.tar$/i;
const ZIPPED = /\.(tar\.(gz|bz2|xz|zst)|tgz|tbz2|txz)$/i;
const UNZIP = 'compressed tar files aren’t read: unpack it with gunzip';

/**
 * Names a picture by its path in a folder. Its label is the first subfolder or, in a folder `train`, `val` or `test` that has
 * subfolders, the one in that.
 */
function entryOf(path: string, way: readonly string[], multiLabel: boolean): Entry {
  const [first = null, second = null] = way;
  const name = way.join('/');
  const split = first === null || way.length < 3 ? undefined : roleOf(first);
  const own = way.length > 1 ? first : null;
  const label = split === undefined ? own : second;
  if (multiLabel && label !== null) {
    requireSeparable(
      'pictures',
      [label],
      'rename the folder: with --multi-label it separates names',
    );
  }
  return { path, name, label, split };
}

/** What a folder has: pictures, or else tar files. */
type Content =
  { readonly entries: Iterable<Entry> | AsyncIterable<Entry> } | { readonly tars: string[] };

/** Tar files beside pictures would be left out without a word. */
const refuseBoth = (place: string, tar: string): never =>
  fail(place, 'either pictures or .tar files', `both, such as ${tar}`, 'move one kind away');

/** So would compressed ones. */
const requireUnzipped = (names: readonly string[]): void => {
  const zipped = names.find((name) => ZIPPED.test(name));
  if (zipped !== undefined) reject('pictures', 'pictures or .tar files', zipped, UNZIP);
};

async function inFolder(
  folder: string,
  multiLabel: boolean,
  signal?: AbortSignal,
): Promise<Content> {
  const { paths, ignored } = await picturesIn(folder, signal);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  const [tar, ...more] = names.filter((name) => TAR.test(name));
  if (paths.length > 0) {
    if (tar !== undefined) refuseBoth(folder, tar);
    const wayOfPath = (path: string) => relative(folder, path).split(sep);
    return { entries: paths.map((path) => entryOf(path, wayOfPath(path), multiLabel)) };
  }
  requireUnzipped(names);
  if (tar === undefined) {
    return refuseEmpty('a folder with pictures or .tar files', folder, ignored);
  }
  return { tars: [tar, ...more].map((name) => join(folder, name)) };
}

/** Pictures below a prefix in object storage: {@link inFolder} of objects. */
async function inBucket(
  address: string,
  multiLabel: boolean,
  signal?: AbortSignal,
): Promise<Content> {
  const { namesBelow } = await import('../remote/s3-read.js');
  const root = address.replace(/\/*$/, '/');
  const isTar = (name: string) => TAR.test(name) && !name.includes('/');
  const tars: string[] = [];
  let zipped: string | undefined;
  let ignored = 0;
  for await (const name of namesBelow(address, { signal })) {
    if (isPicturePath(name)) {
      const entries = async function* () {
        for await (const each of namesBelow(address, { signal })) {
          if (isTar(each)) refuseBoth(address, each);
          if (!isPicturePath(each)) continue;
          yield entryOf(`${root}${each}`, each.split('/'), multiLabel);
        }
      };
      return { entries: entries() };
    }
    if (isTar(name)) tars.push(`${root}${name}`);
    else ignored++;
    if (!name.includes('/') && ZIPPED.test(name)) zipped ??= name;
  }
  requireUnzipped(zipped === undefined ? [] : [zipped]);
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
  if (ZIPPED.test(place)) return UNZIP;
  if (place.includes('*')) return PATTERNS;
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
    return ofContent(await inFolder(place, multiLabel, signal));
  }
  const extension = extname(isAddress(place) ? wayOf(place) : place).toLowerCase();
  if (extension === '.csv' || extension === '.txt') {
    const read = () =>
      extension === '.csv' ? inCsv(place, multiLabel, signal) : inText(place, signal);
    return divide(once(place, read), division, options);
  }
  if (isBucketAddress(place)) return ofContent(await inBucket(place, multiLabel, signal));
  const expected = 'a folder of pictures or .tar files, a .csv or .txt list, or a .tar file';
  const advice = await adviceFor(place);
  return reject('pictures', expected, place, advice);

  function ofContent(content: Content): Promise<Source> {
    return 'tars' in content
      ? inTars(content.tars, division, multiLabel, signal)
      : divide(content.entries, division, options);
  }
}
