import type { Metadata } from 'sharp';
import type { ImageFormat } from './signature.js';

/**
 * The most bytes that decoding one picture may take: an AVIF of 24 megapixels, a progressive JPEG of 75, and any baseline JPEG or
 * non-interlaced PNG.
 */
export const MAX_DECODING_BYTES = 2 ** 29;

/** The most bytes for all pictures that this process decodes at a time. */
export const MAX_DECODING_BYTES_AT_ONCE = 2 ** 30;

/** libvips's buffers for lines, tiles and the file, which don't grow with the picture's area: 12 to 24 MB. */
const FIXED_BYTES = 24e6;

/** Bytes per pixel of the result before cropping: 5 to 7 at 3,000 × 3,000 for each format. */
const BYTES_PER_RESIZED_PIXEL = 8;

const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

/** The part of a picture's header that determines how much memory it takes. */
export type Header = Pick<Metadata, 'width' | 'height' | 'channels' | 'depth' | 'isProgressive'>;

/**
 * Bytes of memory per pixel of a picture. Measured as peak memory (VmHWM) of processes that each decoded one picture to 224 × 224
 * with sharp 0.35.5 (libvips 8.18), at 4 to 128 megapixels: uniform colour and noise, grey to CMYK and RGBA, 8 to 32 bits,
 * rotated by EXIF. These values exceed all measurements.
 */
const BYTES_PER_PIXEL: Readonly<
  Record<ImageFormat, (samples: number, sampleBytes: number, isProgressive: boolean) => number>
> = {
  // The decoder scales it down as it reads, unless it is progressive: then it keeps every coefficient, two bytes each.
  jpeg: (samples, _, isProgressive) => (isProgressive ? 2.25 * samples : 1),
  // Read line by line unless interlaced. Measured: 1.2 (RGB), 2.9 (RGBA, 16 bits); interlaced 3.5 and 8.9.
  png: (samples, bytes, isProgressive) =>
    isProgressive ? samples * bytes + 1 : (samples * bytes) / 4 + 1,
  // The decoder scales it down, too, but keeps a lossless picture or a frame of several whole: 4.5.
  webp: () => 6,
  // The whole picture in YUV, several times, and in RGB. Measured: 14.5 (4:2:0) to 19.9 (alpha); 26 (10 and 12 bits).
  heif: (_, bytes) => (bytes === 1 ? 21 : 28),
  // Canvas and frame, in RGBA: 5 to 6.8.
  gif: () => 7,
  // Line by line, or by tiles, of which one may be the whole picture: 3.7 (RGB), 4.6 (in planes), 5.2 (RGBA, floats).
  tiff: (samples, bytes) => 1.5 * samples * bytes + 1,
};

/**
 * The most memory that decoding a picture takes.
 *
 * @param resizedPixels of the result
 */
export function decodingBytes(format: ImageFormat, header: Header, resizedPixels: number): number {
  const { width, height, channels, depth, isProgressive } = header;
  const each = BYTES_PER_PIXEL[format](channels, SAMPLE_BYTES[depth] ?? 16, isProgressive);
  return FIXED_BYTES + each * width * height + BYTES_PER_RESIZED_PIXEL * resizedPixels;
}

/**
 * 134 megapixels, more than the 108 of phones and the 102 of medium-format cameras. For some formats {@link MAX_DECODING_BYTES}
 * is the lower limit.
 */
export const MAX_PIXELS = 2 ** 27;
