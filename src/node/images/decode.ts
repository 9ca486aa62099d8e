import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import type sharp from 'sharp';
import { reject, requireOptions, requirePositiveInteger } from '../../errors.js';
import {
  decodingBytes,
  type Header,
  MAX_DECODING_BYTES,
  MAX_DECODING_BYTES_AT_ONCE,
  MAX_PIXELS,
} from './cost.js';
import { explainFailure, fail } from './failures.js';
import { MemoryGate } from './memory-gate.js';
import { explain, formatOf, type ImageFormat } from './signature.js';
import { loadSharp } from './sharp.js';

/** The target size of a picture in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

export interface DecodedImage {
  /** `height × width × 3`, RGB from 0 to 255, row by row. */
  readonly pixels: Uint8Array;
  /** SHA-256 of the file's bytes in hexadecimal. */
  readonly sha256: string;
}

/**
 * Files are read into memory, to be hashed and decoded. 256 MiB is an uncompressed TIFF of 85 megapixels, and far more than any
 * JPEG has.
 */
export const MAX_FILE_BYTES = 2 ** 28;

/**
 * Limit for resizing a whole picture so that it covers the target size: 48 MB. At 224 × 224, only a picture 334 times as long as
 * wide exceeds it.
 */
const MAX_RESIZED_PIXELS = 2 ** 24;

const CHANNELS = 3;

/** Shared by the whole process: sixteen pictures are started at a time, and libuv's four threads decode them. */
const gate = new MemoryGate(MAX_DECODING_BYTES_AT_ONCE);

/** Names of formats that differ from sharp's. */
const NAMES: Readonly<Partial<Record<ImageFormat, string>>> = { heif: 'AVIF', webp: 'WebP' };

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** What error messages call bytes, which have no path. */
const BYTES = 'picture';

/** @throws PictureError if it isn't a file or is too large, and the file system's errors */
export async function readFileBytes(path: string): Promise<Buffer> {
  // Non-blocking: opening a pipe would wait for a writer. Windows has no such flag; it is 0 there.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (facts.isDirectory()) fail(path, 'a folder; pass the files in it');
    if (!facts.isFile()) fail(path, 'neither a file nor a link to one; remove it');
    if (facts.size > MAX_FILE_BYTES) {
      fail(path, `${facts.size} bytes; save it with at most ${MAX_FILE_BYTES}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Checks a picture's bytes as a file would be checked. */
function requireBytes(bytes: Uint8Array, name: string): Buffer {
  if (bytes.length > MAX_FILE_BYTES) {
    fail(name, `${bytes.length} bytes; save it with at most ${MAX_FILE_BYTES}`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Crops a picture that is `stride` pixels wide, from `(top, left)`. */
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
  /** Size after it is turned upright. */
  readonly upright: ImageSize;
}

async function readHeader(load: typeof sharp, bytes: Buffer, format: ImageFormat): Promise<Opened> {
  const image = load(bytes, {
    autoOrient: true,
    // At this level, a truncated file is an error, but a flaw that decoders can repair isn't.
    failOn: 'error',
    limitInputPixels: MAX_PIXELS,
  });
  const header = await image.metadata();
  const { format: found, autoOrient: upright } = header;
  // libvips detects formats by its own rules; it must not take for an SVG what we took for a JPEG.
  if (found !== format) throw new Error(`${found} that begins like ${format}`);
  return { image, format, header, upright };
}

/** Number of pixels of the whole picture when it is scaled down to just cover a size. */
function resizedPixels(upright: ImageSize, { height, width }: ImageSize): number {
  const scale = Math.max(height / upright.height, width / upright.width);
  return upright.height * upright.width * scale ** 2;
}

/** @throws PictureError if decoding takes more memory than is allowed for one picture */
function requireCost(path: string, { format, header }: Opened): void {
  const bytes = decodingBytes(format, header, 0);
  if (bytes <= MAX_DECODING_BYTES) return;
  const kind = NAMES[format] ?? format.toUpperCase();
  const megapixels = Math.round((header.width * header.height) / 1e6);
  fail(
    path,
    `${header.isProgressive ? 'a progressive ' : ''}${kind} of ${megapixels} megapixels, which takes ${megabytes(bytes)} MB to decode; the limit is ${megabytes(MAX_DECODING_BYTES)} MB: save it smaller, or as a non-progressive JPEG`,
  );
}

async function decodePixels({ image, upright }: Opened, size: ImageSize): Promise<Uint8Array> {
  const { height, width } = size;
  const pixels = resizedPixels(upright, size);
  // With 'cover', sharp never reads rows that it crops at the bottom: a file truncated there would be accepted at one
  // size but not at another.
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

/** A picture that has been read and checked, but not decoded. */
export interface OpenedImage {
  /** Size of the file, which stays in memory until it is decoded. */
  readonly byteLength: number;
  /** Its size after it is turned upright. */
  readonly upright: ImageSize;
  /** Decodes it on another thread, even while this thread is blocked; later, if pictures being decoded already take much memory. */
  readonly decode: (size: ImageSize) => Promise<DecodedImage>;
}

/**
 * Reads a picture's file or bytes, and its header.
 *
 * @param name what error messages call it
 * @throws PictureError as {@link decodeImage}
 */
export async function openImage(
  source: string | Uint8Array,
  name: string = BYTES,
): Promise<OpenedImage> {
  const load = await loadSharp();
  const path = typeof source === 'string' ? source : name;
  try {
    const bytes =
      typeof source === 'string' ? await readFileBytes(source) : requireBytes(source, path);
    const format = formatOf(bytes) ?? fail(path, explain(bytes));
    const opened = await readHeader(load, bytes, format);
    requireCost(path, opened);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      byteLength: bytes.byteLength,
      upright: opened.upright,
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
 * Decodes a picture: JPEG, PNG, WebP, AVIF, GIF (its first frame) or TIFF (its first page), recognised by content, not by name.
 * It is turned upright by its EXIF orientation, scaled until it covers `height × width`, and cropped to that size at its centre,
 * without stretching. Colours are converted to 8-bit sRGB; transparency becomes white.
 *
 * Requires `sharp` (`npm install sharp`), whose cache and threads it sets for the whole process.
 *
 * @param source the file's path or its bytes, which must not change until decoding is done
 * @throws PictureError if the file can't be read or decoded, is truncated, has over 134 megapixels or 256 MiB, or would take over
 *   537 MB to decode: AVIF from 24 megapixels, progressive JPEG from 76
 * @throws ArgumentError on an invalid argument; PackageError if sharp isn't installed
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
