import { createHash } from 'node:crypto';
import { readFileBytes } from './decode.js';
import type { LabelledFile } from '../../pictures/types.js';
import { formatOf } from './signature.js';

/** Hashes a picture's file; undefined if it can't be read or isn't a picture, which decoding it will report. */
async function hashPicture(path: string): Promise<string | undefined> {
  const bytes = await readFileBytes(path).catch(() => undefined);
  if (bytes === undefined || formatOf(bytes) === undefined) return undefined;
  return createHash('sha256').update(bytes).digest('hex');
}

/** Hashes picture files. Files that aren't pictures get no hash. */
export async function hashImages(images: readonly LabelledFile[]): Promise<LabelledFile[]> {
  const hashed: LabelledFile[] = [];
  for (const image of images) hashed.push({ ...image, sha256: await hashPicture(image.path) });
  return hashed;
}
