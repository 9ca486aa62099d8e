import { extname } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { reject } from '../errors.js';
import { loadSharp } from './images/sharp.js';
import { requireFile, writeFile } from './write/file.js';

const FORMATS = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' } as const;

/** The format that a file's name says. */
function formatOf(path: string): (typeof FORMATS)[keyof typeof FORMATS] {
  const extension = extname(path).toLowerCase();
  const isKnown = (name: string): name is keyof typeof FORMATS => name in FORMATS;
  if (isKnown(extension)) return FORMATS[extension];
  reject('out', 'a name that ends in .png, .jpg or .webp', path);
}

/** @throws ArgumentError where a picture can't be written to the path */
export async function requireImageFile(path: string): Promise<void> {
  formatOf(path);
  await requireFile(path);
}

/**
 * Writes a picture to a file of the format that its name says.
 *
 * @param picture int32 `[height, width, 3]`, red, green and blue from 0 to 255; still the caller's
 * @throws ArgumentError where the name says no format, or the file can't be written
 */
export async function writeImage(path: string, picture: tf.Tensor3D): Promise<void> {
  const format = formatOf(path);
  const [height, width, channels] = picture.shape;
  const pixels = Uint8Array.from(await picture.data());
  const sharp = await loadSharp();
  const raw = { width, height, channels: channels as 3 };
  await writeFile(path, await sharp(pixels, { raw }).toFormat(format).toBuffer());
}
