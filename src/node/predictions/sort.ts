import {
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { reject } from '../../errors.js';
import { isFolder } from '../list-pictures.js';
import {
  codeOf,
  factsOf,
  isWithin,
  namesBeside,
  realPlace,
  requireWritable,
  toldAsArgument,
} from '../write/place.js';

export const WAYS = ['copy', 'link'] as const;
export type Way = (typeof WAYS)[number];

/** Characters that a name of a folder can't have on some system. */
// eslint-disable-next-line no-control-regex -- these are meant
const FORBIDDEN = /[\u0000-\u001f<>:"/\\|?*]/g;

/** The folder of a class: names such as `a/b`, `..` or `CON.` must not lead elsewhere. */
const folderOf = (className: string): string =>
  className.replaceAll(FORBIDDEN, '_').replace(/^\.+|[. ]+$/g, '_') || '_';

/** Whether two files are one, or have the same content. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)]);
  if (a.dev === b.dev && a.ino === b.ino) return true;
  if (!b.isFile() || a.size !== b.size) return false;
  const [own, others] = await Promise.all([readFile(one), readFile(other)]);
  return own.equals(others);
}

/** `cat.jpg`, `cat-2.jpg`, `cat-3.jpg`, … */
function* namesFor(path: string): Generator<string> {
  const extension = extname(path);
  const stem = basename(path, extension);
  yield stem + extension;
  for (let i = 2; ; i++) yield `${stem}-${i}${extension}`;
}

/** Puts a file at a path where none is; returns whether it could. */
async function put(source: string, place: string, way: Way): Promise<boolean> {
  const { draft } = namesBeside(place);
  try {
    if (way === 'link') {
      await link(source, place);
      return true;
    }
    await copyFile(source, draft);
    // Fails if there is a file. The draft takes the place of this empty one, so that no other process takes it in between.
    await (await open(place, 'wx')).close();
    await rename(draft, place);
    return true;
  } catch (error) {
    await rm(draft, { force: true });
    if (codeOf(error) === 'EEXIST') return false;
    if (way === 'link' && codeOf(error) !== 'ENOENT') {
      reject('sortBy', 'a folder that can have links to the pictures', codeOf(error), 'use copy');
    }
    throw error;
  }
}

/** Sorts pictures into a folder with one subfolder per class. No file is changed or overwritten. */
export class Sorter {
  private constructor(
    private readonly folder: string,
    private readonly way: Way,
  ) {}

  /**
   * @param sources the pictures' folders and files
   * @param names of the classes
   * @throws ArgumentError if the folder or that of a class is within a folder of pictures, or can't be written to
   */
  static async open(
    folder: string,
    way: Way,
    sources: readonly string[],
    names: readonly string[],
  ): Promise<Sorter> {
    return toldAsArgument(folder, 'folder', async () => {
      const path = await realPlace(folder);
      for (const source of sources) {
        if (!(await isFolder(source))) continue;
        const own = await realpath(source);
        const all = [path, ...names.map((name) => join(path, folderOf(name)))];
        if (!all.some((each) => isWithin(own, each))) continue;
        reject('sort', 'a folder outside the pictures', folder, 'its pictures would be read again');
      }
      const twice = names.find(
        (name, i) => names.findIndex((n) => folderOf(n) === folderOf(name)) !== i,
      );
      if (twice !== undefined) {
        reject('sort', 'classes that differ as names of folders', twice, 'rename one of them');
      }
      const facts = await factsOf(path);
      if (facts?.isDirectory() === false) reject('sort', 'a folder', folder, 'this is a file');
      await requireWritable(join(path, 'x'));
      return new Sorter(path, way);
    });
  }

  /** Puts a picture into the folders of classes. One that is there with the same content is left as it is. */
  async put(picture: string, names: readonly string[]): Promise<void> {
    await toldAsArgument(this.folder, 'folder', async () => {
      // A link to a link would break with it.
      const source = await realpath(picture);
      for (const name of names) {
        const folder = join(this.folder, folderOf(name));
        await mkdir(folder, { recursive: true });
        for (const each of namesFor(picture)) {
          const place = join(folder, each);
          if ((await factsOf(place)) === undefined) {
            if (await put(source, place, this.way)) break;
          }
          if (await isSame(source, place)) break;
        }
      }
    });
  }
}
