import { createHash } from 'node:crypto';
import { readFileBytes } from './decode.js';
import type { FolderImage } from './folder.js';
import { formatOf } from './signature.js';

/** Pictures with the same bytes, by their paths: each list is one picture under two or more names. */
export interface Duplicates {
  /** In two classes or more. No label can be right for all of them, so that none of them is used. */
  readonly acrossClasses: readonly (readonly string[])[];
  /** Both in training and in validation. They are used for validation only. */
  readonly acrossParts: readonly (readonly string[])[];
}

/** Nothing where the file can't be read or doesn't begin as a picture: decoding it says what is wrong. */
async function hashPicture(path: string): Promise<string | undefined> {
  const bytes = await readFileBytes(path).catch(() => undefined);
  if (bytes === undefined || formatOf(bytes) === undefined) return undefined;
  return createHash('sha256').update(bytes).digest('hex');
}

/** Hashes the files of pictures. One that is no picture stays without a hash. */
export async function hashImages(images: readonly FolderImage[]): Promise<FolderImage[]> {
  const hashed: FolderImage[] = [];
  for (const image of images) hashed.push({ ...image, sha256: await hashPicture(image.path) });
  return hashed;
}

/** What tells a picture from others: its content, or the path of a file that is no picture. */
export const contentOf = ({ path, sha256 }: FolderImage): string => sha256 ?? path;

export function byContent(images: readonly FolderImage[]): Map<string, FolderImage[]> {
  const groups = new Map<string, FolderImage[]>();
  for (const image of images) {
    const group = groups.get(contentOf(image));
    if (group) group.push(image);
    else groups.set(contentOf(image), [image]);
  }
  return groups;
}

/** Parts pictures that stand in one class from groups of the same picture in several. */
export function partByLabel(images: readonly FolderImage[]): {
  readonly unambiguous: readonly FolderImage[];
  readonly ambiguous: readonly (readonly FolderImage[])[];
} {
  const ambiguous = [...byContent(images).values()].filter(([first, ...others]) =>
    others.some(({ label }) => label !== first?.label),
  );
  const left = new Set(ambiguous.flat());
  return { unambiguous: images.filter((image) => !left.has(image)), ambiguous };
}

export const pathsOf = (groups: readonly (readonly FolderImage[])[]): string[][] =>
  groups.map((group) => group.map(({ path }) => path));
