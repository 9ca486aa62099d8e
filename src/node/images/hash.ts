import { createHash } from 'node:crypto';
import { readFileBytes } from './decode.js';
import type { LabelledFile } from '../../pictures/types.js';
import { formatOf } from './signature.js';

/** Nothing where the file can't be read or doesn't begin as a picture: decoding it says what is wrong. */
async function hashPicture(path: string): Promise<string | undefined> {
  const bytes = await readFileBytes(path).catch(() => undefined);
  if (bytes === undefined || formatOf(bytes) === undefined) return undefined;
  return createHash('sha256').update(bytes).digest('hex');
}

/** Hashes the files of pictures. One that is no picture stays without a hash. */
export async function hashImages(images: readonly LabelledFile[]): Promise<LabelledFile[]> {
  const hashed: LabelledFile[] = [];
  for (const image of images) hashed.push({ ...image, sha256: await hashPicture(image.path) });
  return hashed;
}
