import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reject } from '../errors.js';
import { toPath } from './folder-files.js';
import { picturesIn, refuseEmpty } from './images/folder.js';

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether a folder may have no pictures. @default false */
  readonly mayBeEmpty?: boolean;
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );

/**
 * Lists picture files: those named, and those in folders and their subfolders. Each is listed once, where it comes first. Files that
 * are missing are listed too: decoding reports them.
 *
 * @throws ArgumentError if a source isn't a path or `file:` URL, or a folder can't be read or has no pictures
 */
export async function listPictures(
  sources: readonly unknown[],
  { signal, mayBeEmpty = false }: ListOptions = {},
): Promise<string[]> {
  if (sources.length === 0) reject('pictures', 'at least one path', sources);
  const found = new Map<string, string>();
  const add = (path: string) => {
    const place = resolve(path);
    if (!found.has(place)) found.set(place, path);
  };
  for (const source of sources) {
    const isPath = (typeof source === 'string' && source !== '') || source instanceof URL;
    if (!isPath || /^https?:/.test(String(source))) {
      reject('pictures', 'paths or file: URLs of pictures and of folders', source);
    }
    const path = toPath(source);
    if (!(await isFolder(path))) {
      add(path);
      continue;
    }
    const { paths, ignored } = await picturesIn(path, signal);
    if (paths.length === 0 && !mayBeEmpty) {
      refuseEmpty('a folder with pictures', path, ignored);
    }
    for (const each of paths) add(each);
  }
  return [...found.values()];
}
