import type { Metadata } from 'sharp';
import type { ImageFormat } from './signature.js';

/**
 * Bytes that decoding one picture may take: an AVIF of 24 megapixels, a progressive JPEG of 75, and any baseline JPEG
 * or PNG that isn't interlaced.
 */
export const MAX_DECODING_BYTES = 2 ** 29;

/** Bytes for all pictures that this process decodes at a time. */
export const MAX_DECODING_BYTES_AT_ONCE = 2 ** 30;

/** libvips's buffers of lines, tiles and the file, which don't grow with the picture's area: 12 to 24 MB. */
const FIXED_BYTES = 24e6;

/** Of each pixel that comes out, before it is cropped: 5 to 7 at 3,000 × 3,000 of each format. */
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

/** What of a picture's header tells how much memory it takes. */
export type Header = Pick<Metadata, 'width' | 'height' | 'channels' | 'depth' | 'isProgressive'>;

/**
 * Bytes of memory for each pixel of a picture. Peak memory (VmHWM) of processes that each decoded one picture to 224 ×
 * 224 with sharp 0.35.5 (libvips 8.18) was taken at 4 to 128 megapixels: flat ones and noise, grey to CMYK and RGBA, 8 to
 * 32 bits, turned by EXIF; these are above all of them.
 */
const BYTES_PER_PIXEL: Readonly<
  Record<ImageFormat, (samples: number, sampleBytes: number, isProgressive: boolean) => number>
> = {
  // The decoder shrinks it on the way, unless it has several scans: then it holds every coefficient, two bytes each.
  jpeg: (samples, _, isProgressive) => (isProgressive ? 2.25 * samples : 1),
  // Read line by line, if it isn't interlaced. Measured: 1.2 (RGB), 2.9 (RGBA, 16 bits); 3.5 and 8.9.
  png: (samples, bytes, isProgressive) =>
    isProgressive ? samples * bytes + 1 : (samples * bytes) / 4 + 1,
  // The decoder shrinks it, too, but holds a lossless one or a frame of several whole: 4.5.
  webp: () => 6,
  // The whole picture in YUV, several times, and in RGB. Measured: 14.5 (4:2:0) to 19.9 (alpha); 26 (10 and 12 bits).
  heif: (_, bytes) => (bytes === 1 ? 21 : 28),
  // Canvas and frame, in RGBA: 5 to 6.8.
  gif: () => 7,
  // Line by line, or by tiles, and one tile may be all of it: 3.7 (RGB), 4.6 (in planes), 5.2 (RGBA, floats).
  tiff: (samples, bytes) => 1.5 * samples * bytes + 1,
};

/**
 * How much memory decoding a picture takes, at most.
 *
 * @param resizedPixels that come out of it
 */
export function decodingBytes(format: ImageFormat, header: Header, resizedPixels: number): number {
  const { width, height, channels, depth, isProgressive } = header;
  const each = BYTES_PER_PIXEL[format](channels, SAMPLE_BYTES[depth] ?? 16, isProgressive);
  return FIXED_BYTES + each * width * height + BYTES_PER_RESIZED_PIXEL * resizedPixels;
}
