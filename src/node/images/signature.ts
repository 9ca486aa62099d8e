/** sharp's names of the formats that are decoded; AVIF is `'heif'`. */
export type ImageFormat = 'gif' | 'heif' | 'jpeg' | 'png' | 'tiff' | 'webp';

/** Bytes that are examined: enough for an AVIF's list of brands, the longest below. */
const HEAD_BYTES = 256;

/**
 * The first box of an ISO media file: size, `ftyp`, brand, version, more brands. The high byte of the size must be 0: with `<!--`
 * there, libvips takes the file for an SVG.
 */
const FTYP = String.raw`^\0[^]{3}ftyp`;

/** The first bytes of files, as Latin-1. */
const DECODED: readonly (readonly [beginning: string | RegExp, format: ImageFormat])[] = [
  ['\xff\xd8\xff', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  [/^RIFF[^]{4}WEBP/, 'webp'],
  // Little and big endian, then the same for BigTIFF.
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0', 'tiff'],
  ['MM\0+', 'tiff'],
  // Some encoders list the container first, and AVIF among the other brands.
  [new RegExp(`${FTYP}(avi[fs]|(mif1|miaf|msf1)[^]{0,64}avi[fs])`), 'heif'],
];

/** Other files that are often named like pictures, and what to do about each. */
const REFUSED: readonly (readonly [pattern: RegExp, explanation: string])[] = [
  [/^\s*<(!doctype html|html)/i, 'a web page; download the picture itself'],
  // sharp would render it, which means running a renderer on untrusted XML.
  [/^\s*(\xef\xbb\xbf)?\s*<(\?xml|!|svg)/i, 'SVG or other XML; save it as PNG'],
  [new RegExp(`${FTYP}(hei[cfmsx]|hev[cx]|mif1|msf1)`), 'HEIC; save it as JPEG'],
  [/^BM/, 'a BMP; save it as PNG'],
  [/^%PDF/, 'a PDF; save its page as PNG'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer; run git lfs pull'],
];

/** Determines a file's format by its first bytes; extensions may be wrong. Only these formats reach sharp, and so libvips's parsers. */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const head = headOf(bytes);
  return DECODED.find(([beginning]) =>
    typeof beginning === 'string' ? head.startsWith(beginning) : beginning.test(head),
  )?.[1];
}

/** Says what a file is that can't be decoded, and what to do about it. */
export function explain(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file; download it again';
  const head = headOf(bytes);
  return (
    REFUSED.find(([pattern]) => pattern.test(head))?.[1] ??
    'a file of another kind; JPEG, PNG, WebP, AVIF, GIF and TIFF can be decoded'
  );
}

const headOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
