/** What sharp calls the formats that are decoded; AVIF is `'heif'`. */
export type ImageFormat = 'gif' | 'heif' | 'jpeg' | 'png' | 'tiff' | 'webp';

/** Bytes that are looked at: an AVIF's list of brands fits, which is the longest below. */
const HEAD_BYTES = 256;

/**
 * The box that opens an ISO media file: size, `ftyp`, brand, version, more brands. Of the size, the high
 * byte is 0: with `<!--` there, libvips takes the file for an SVG.
 */
const FTYP = String.raw`^\0[^]{3}ftyp`;

/** How files begin, as Latin-1. */
const DECODED: readonly (readonly [beginning: string | RegExp, format: ImageFormat])[] = [
  ['\xff\xd8\xff', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  [/^RIFF[^]{4}WEBP/, 'webp'],
  // Little and big endian, then the same of BigTIFF.
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0', 'tiff'],
  ['MM\0+', 'tiff'],
  // Some encoders name the container first, and AVIF among the brands that follow.
  [new RegExp(`${FTYP}(avi[fs]|(mif1|miaf|msf1)[^]{0,64}avi[fs])`), 'heif'],
];

/** Kinds that turn up under a picture's name, each with what to do about it. */
const REFUSED: readonly (readonly [pattern: RegExp, explanation: string])[] = [
  [/^\s*<(!doctype html|html)/i, 'a web page; download the picture itself'],
  // sharp would draw it, which runs a renderer over XML from anywhere.
  [/^\s*(\xef\xbb\xbf)?\s*<(\?xml|!|svg)/i, 'SVG or other XML; save it as PNG'],
  [new RegExp(`${FTYP}(hei[cfmsx]|hev[cx]|mif1|msf1)`), 'HEIC; save it as JPEG'],
  [/^BM/, 'a BMP; save it as PNG'],
  [/^%PDF/, 'a PDF; save its page as PNG'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS; run git lfs pull'],
];

/**
 * What a file is by its first bytes, which alone decide: an extension may say anything. Only these
 * formats ever reach sharp, and so the parsers of libvips.
 */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const head = headOf(bytes);
  return DECODED.find(([beginning]) =>
    typeof beginning === 'string' ? head.startsWith(beginning) : beginning.test(head),
  )?.[1];
}

/** What a file that isn't decoded is instead, and what to do about it. */
export function explain(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file; fetch it again';
  const head = headOf(bytes);
  return (
    REFUSED.find(([pattern]) => pattern.test(head))?.[1] ??
    'a file of another kind; JPEG, PNG, WebP, AVIF, GIF and TIFF can be decoded'
  );
}

const headOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
