import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import type sharp from 'sharp';
import { PictureError, reject, requireOptions, requirePositiveInteger } from '../../errors.js';
import {
  decodingBytes,
  type Header,
  MAX_DECODING_BYTES,
  MAX_DECODING_BYTES_AT_ONCE,
} from './cost.js';
import { MemoryGate } from './memory-gate.js';
import { explain, formatOf, type ImageFormat } from './signature.js';
import { loadSharp } from './sharp.js';

/** What a picture is resized to, in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

export interface DecodedImage {
  /** `height × width × 3`: red, green and blue from 0 to 255, row by row. */
  readonly pixels: Uint8Array;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
}

/**
 * A file is held in memory whole, to be hashed and decoded as one: 256 MiB is an uncompressed TIFF of 85
 * megapixels, and far more than any JPEG has.
 */
const MAX_FILE_BYTES = 2 ** 28;

/**
 * 134 megapixels, more than the 108 of phones and the 102 of medium-format cameras. Formats that are not decoded
 * bit for bit are refused before, by {@link MAX_DECODING_BYTES}.
 */
export const MAX_PIXELS = 2 ** 27;

/**
 * A whole picture whose short side is what was asked for; 48 MB. At 224 × 224 only one that is 334 times as
 * long as wide has more.
 */
const MAX_RESIZED_PIXELS = 2 ** 24;

const CHANNELS = 3;

/** Of this process: sixteen pictures are begun at a time, and libuv's four threads decode. */
const gate = new MemoryGate(MAX_DECODING_BYTES_AT_ONCE);

/** What formats are called that sharp calls otherwise. */
const NAMES: Readonly<Partial<Record<ImageFormat, string>>> = { heif: 'AVIF', webp: 'WebP' };

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** What bytes are called in errors, as they have no path. */
const BYTES = 'picture';

const fail = (path: string, gotAndRemedy: string, cause?: unknown): never => {
  throw new PictureError(
    `${path}: expected a picture that can be decoded, got ${gotAndRemedy}`,
    cause === undefined ? {} : { cause },
  );
};

/** @throws PictureError where it is no file or too long, and the file system's errors */
export async function readFileBytes(path: string): Promise<Buffer> {
  // A pipe would be waited for until somebody writes to it. Windows has no such flag, which reads as 0 here.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (facts.isDirectory()) fail(path, 'a folder; pass the files in it');
    if (!facts.isFile()) fail(path, 'neither a file nor a link to one; remove it');
    if (facts.size > MAX_FILE_BYTES) {
      fail(path, `${facts.size} bytes; ${MAX_FILE_BYTES} is the most, so save it smaller`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** A picture that was handed over, by what a file would be refused for. */
function requireBytes(bytes: Uint8Array): Buffer {
  if (bytes.length > MAX_FILE_BYTES) {
    fail(BYTES, `${bytes.length} bytes; ${MAX_FILE_BYTES} is the most`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Rows from `(top, left)` of a picture that is `stride` pixels wide. */
function crop(
  data: Uint8Array,
  stride: number,
  top: number,
  left: number,
  { height, width }: ImageSize,
): Uint8Array {
  const pixels = new Uint8Array(height * width * CHANNELS);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * stride + left) * CHANNELS;
    pixels.set(data.subarray(start, start + width * CHANNELS), row * width * CHANNELS);
  }
  return pixels;
}

/** A picture whose header has been read. */
interface Opened {
  readonly image: ReturnType<typeof sharp>;
  readonly format: ImageFormat;
  readonly header: Header;
  /** Once it is turned upright. */
  readonly upright: ImageSize;
}

async function readHeader(load: typeof sharp, bytes: Buffer, format: ImageFormat): Promise<Opened> {
  const image = load(bytes, {
    autoOrient: true,
    // A file that is cut short is an error at this level, a blemish that decoders mend isn't.
    failOn: 'error',
    limitInputPixels: MAX_PIXELS,
  });
  const header = await image.metadata();
  const { format: found, autoOrient: upright } = header;
  // libvips guesses by rules of its own, and must not come upon an SVG where a JPEG was seen.
  if (found !== format) throw new Error(`${found} that begins like ${format}`);
  return { image, format, header, upright };
}

/** Pixels of the whole picture, once it is as small as it may be to cover a size. */
function resizedPixels(upright: ImageSize, { height, width }: ImageSize): number {
  const scale = Math.max(height / upright.height, width / upright.width);
  return upright.height * upright.width * scale ** 2;
}

/** @throws PictureError where decoding a picture takes more memory than there is for one */
function requireCost(path: string, { format, header }: Opened): void {
  const bytes = decodingBytes(format, header, 0);
  if (bytes <= MAX_DECODING_BYTES) return;
  const kind = NAMES[format] ?? format.toUpperCase();
  const megapixels = Math.round((header.width * header.height) / 1e6);
  fail(
    path,
    `${header.isProgressive ? 'a progressive ' : ''}${kind} of ${megapixels} megapixels, which takes ${megabytes(bytes)} MB to decode; ${megabytes(MAX_DECODING_BYTES)} MB is the most, so save it smaller, or as JPEG that isn't progressive`,
  );
}

async function decodePixels({ image, upright }: Opened, size: ImageSize): Promise<Uint8Array> {
  const { height, width } = size;
  const pixels = resizedPixels(upright, size);
  // With 'cover', sharp never reads rows that it crops at the bottom, and a file that is cut short there
  // would pass for whole at one size and not at another.
  const fit = pixels <= MAX_RESIZED_PIXELS ? 'outside' : 'cover';
  const { data, info } = await image
    .flatten({ background: '#fff' })
    .resize(width, height, { fit })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const top = (info.height - height) >> 1;
  const left = (info.width - width) >> 1;
  return crop(data, info.width, top, left, size);
}

/** What is wrong with a file, for its owner. */
function explainFailure(path: string, error: unknown): never {
  if (error instanceof PictureError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return fail(path, 'no such file; look at its path', error);
  // libvips gives a line for each of its complaints.
  const reason = message.trim().split('\n').at(-1) ?? message;
  const remedy = reason.includes('pixel limit')
    ? `${MAX_PIXELS} pixels are the most, so save it smaller`
    : code === undefined
      ? 'the file is damaged or cut short: fetch it again, or remove it'
      : 'look at its permissions';
  return fail(path, `"${reason}"; ${remedy}`, error);
}

/** A picture's file, read and found to be one, and not decoded yet. */
export interface OpenedImage {
  /** Of the file, which is held until it is decoded. */
  readonly byteLength: number;
  /**
   * Decodes it, on another thread from this very call on, whatever this one does meanwhile; later, where those that
   * are decoded already take much memory.
   */
  readonly decode: (size: ImageSize) => Promise<DecodedImage>;
}

/**
 * Reads a picture's file, or takes its bytes, and reads its header.
 *
 * @throws PictureError as {@link decodeImage}
 */
export async function openImage(source: string | Uint8Array): Promise<OpenedImage> {
  const load = await loadSharp();
  const path = typeof source === 'string' ? source : BYTES;
  try {
    const bytes = typeof source === 'string' ? await readFileBytes(source) : requireBytes(source);
    const format = formatOf(bytes) ?? fail(path, explain(bytes));
    const opened = await readHeader(load, bytes, format);
    requireCost(path, opened);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      byteLength: bytes.byteLength,
      decode: async (size) => {
        try {
          const resized = Math.min(resizedPixels(opened.upright, size), MAX_RESIZED_PIXELS);
          const cost = decodingBytes(format, opened.header, resized);
          return { pixels: await gate.run(cost, () => decodePixels(opened, size)), sha256 };
        } catch (error) {
          return explainFailure(path, error);
        }
      },
    };
  } catch (error) {
    return explainFailure(path, error);
  }
}

/**
 * Decodes a picture: JPEG, PNG, WebP, AVIF, GIF (its first frame) or TIFF (its first page), told by
 * content, whatever the file is called. It is turned upright by its EXIF orientation, scaled until it covers
 * `height × width`, and cropped to that at its centre, so that nothing is stretched. Whatever its colours, they
 * become 8-bit sRGB; what shows through is white.
 *
 * Needs `sharp` (`npm install sharp`), and sets its cache and its threads for the process.
 *
 * @param source the file's path, or its bytes, which mustn't change until this is done
 * @throws PictureError where the file can't be read or decoded, is cut short, has over 134 megapixels or 256 MiB,
 *   or would take over 537 MB to decode: AVIF from 24 megapixels on, progressive JPEG from 76
 * @throws ArgumentError on a wrong argument, PackageError where sharp isn't installed
 */
export async function decodeImage(
  source: string | Uint8Array,
  size: ImageSize,
): Promise<DecodedImage> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    reject('source', "the path of a picture's file, or its bytes", source);
  }
  requireOptions('size', size);
  requirePositiveInteger('size.height', size.height);
  requirePositiveInteger('size.width', size.width);
  return (await openImage(source)).decode(size);
}
