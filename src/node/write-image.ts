import { extname } from 'node:path';
import { name as packageName } from '../../package.json';
import { reject } from '../errors.js';
import type { Sheet } from '../explain/sheet.js';
import { toPath } from './folder-files.js';
import { loadSharp } from './images/sharp.js';
import { type FileKind, requireFile, writeFile } from './write/file.js';
import { placeOf, realPlace } from './write/place.js';

const FORMATS = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' } as const;

/** The format that a file's extension stands for. */
function formatOf(path: string): (typeof FORMATS)[keyof typeof FORMATS] {
  const extension = extname(path).toLowerCase();
  const isKnown = (name: string): name is keyof typeof FORMATS => name in FORMATS;
  if (isKnown(extension)) return FORMATS[extension];
  reject('out', 'a name that ends in .png, .jpg or .webp', path);
}

/** Stored in the EXIF field "Software". */
const MARK = packageName;

const EXPLANATION: FileKind = {
  name: 'a picture of explain()',
  isOurs: async (file) => {
    const sharp = await loadSharp();
    return (await sharp(file).metadata()).exif?.includes(MARK) === true;
  },
};

/** Whether a picture is the file at a path without links. */
async function isIn(path: string, picture: unknown): Promise<boolean> {
  if (typeof picture !== 'string' && !(picture instanceof URL)) return false;
  // If it can't be resolved, reading it will report that.
  return (await realPlace(toPath(picture)).catch(() => undefined)) === path;
}

/**
 * Checks that the map of a picture can be written to a path.
 *
 * @param picture the picture to explain, which may be a file
 * @returns the path to write to
 * @throws ArgumentError if it can't be written, or another picture is there
 */
export async function requireImageFile(path: string | URL, picture: unknown): Promise<string> {
  const file = placeOf('out', path);
  formatOf(file);
  // If it can't be resolved, `requireFile` reports that.
  if (await isIn(await realPlace(file).catch(() => file), picture)) {
    reject('out', 'a file other than the picture', String(path), 'it would be overwritten');
  }
  return requireFile(file, EXPLANATION);
}

async function encoder({ pixels, width, height }: Sheet) {
  const sharp = await loadSharp();
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Encodes a picture as JPEG in base64. */
export async function encodeJpeg(picture: Sheet): Promise<string> {
  return (await (await encoder(picture)).jpeg().toBuffer()).toString('base64');
}

/**
 * Writes a picture of `explain` to a file, in the format of its extension.
 *
 * @throws ArgumentError if the extension is unknown, or the file can't be written
 */
export async function writeImage(path: string, picture: Sheet): Promise<void> {
  const format = formatOf(path);
  const image = (await encoder(picture)).withExif({ IFD0: { Software: MARK } });
  await writeFile(path, await image.toFormat(format).toBuffer(), EXPLANATION);
}
