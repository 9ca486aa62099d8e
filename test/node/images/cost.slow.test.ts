import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../../src/node/images/decode';
import {
  decodingBytes,
  MAX_DECODING_BYTES,
  MAX_DECODING_BYTES_AT_ONCE,
} from '../../../src/node/images/cost';
import type { ImageFormat } from '../../../src/node/images/signature';
import { makeFolder, noise } from './draw';

const run = promisify(execFile);
const CHILD = join(__dirname, '../../setup/decode-child.ts');
const SIDE = 1600;
const SIZE = { height: 224, width: 224 };
const MEGABYTE = 1e6;

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const flat = (width: number, height: number, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width, height, channels, background: { r: 90, g: 120, b: 30, alpha: 0.5 } } });

async function keep(name: string, image: Sharp): Promise<string> {
  const path = join(folder, name);
  await image.toFile(path);
  return path;
}

/** By how many bytes the memory of a process rises at most; see its script. */
async function rises(mode: string, paths: readonly string[]): Promise<number[]> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', CHILD, mode, ...paths]);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n'))) as number[];
}

it('refuses two thousand bytes that would take gigabytes to decode', async () => {
  const bomb = join(__dirname, '../../goldens/images/128-megapixels.avif');
  await expect(decodeImage(bomb, SIZE)).rejects.toMatchObject({
    name: 'PictureError',
    message: `${bomb}: expected a picture that can be decoded, got AVIF of 128 megapixels, which takes 2712 MB to decode; the limit is 537 MB: save it smaller, or as a non-progressive JPEG`,
  });
});

it('refuses by what each format takes: a progressive JPEG, and not a baseline one of the same size', async () => {
  const [wide, high] = [12_000, 9_000];
  const progressive = await keep('progressive.jpg', flat(wide, high).jpeg({ progressive: true }));
  await expect(decodeImage(progressive, SIZE)).rejects.toThrow(
    'got a progressive JPEG of 108 megapixels, which takes 753 MB to decode',
  );
  const baseline = await keep('baseline.jpg', flat(wide, high).jpeg());
  expect((await decodeImage(baseline, SIZE)).pixels).toHaveLength(224 * 224 * 3);
});

describe('what decoding takes', () => {
  const CASES: readonly (readonly [name: string, format: ImageFormat, make: () => Sharp])[] = [
    ['jpeg', 'jpeg', () => noise(SIDE, SIDE).jpeg()],
    [
      'progressive.jpeg',
      'jpeg',
      () => noise(SIDE, SIDE).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
    ],
    ['cmyk.jpeg', 'jpeg', () => flat(SIDE, SIDE).toColourspace('cmyk').jpeg({ progressive: true })],
    ['png', 'png', () => noise(SIDE, SIDE).png({ compressionLevel: 1 })],
    [
      'interlaced.png',
      'png',
      () =>
        flat(SIDE, SIDE, 4).toColourspace('rgb16').png({ progressive: true, compressionLevel: 1 }),
    ],
    ['webp', 'webp', () => noise(SIDE, SIDE).webp({ effort: 0 })],
    ['lossless.webp', 'webp', () => noise(SIDE, SIDE).webp({ effort: 0, lossless: true })],
    ['avif', 'heif', () => noise(SIDE, SIDE).avif({ effort: 0 })],
    ['alpha.avif', 'heif', () => flat(SIDE, SIDE, 4).avif({ effort: 0 })],
    [
      '12.avif',
      'heif',
      () => flat(SIDE, SIDE, 4).avif({ effort: 0, bitdepth: 12, chromaSubsampling: '4:4:4' }),
    ],
    ['gif', 'gif', () => noise(SIDE, SIDE).gif({ effort: 1, dither: 0 })],
    ['tiff', 'tiff', () => flat(SIDE, SIDE).tiff({ compression: 'lzw' })],
    [
      'tiled.tiff',
      'tiff',
      () => flat(SIDE, SIDE, 4).toColourspace('rgb16').tiff({ compression: 'lzw', tile: true }),
    ],
  ];

  (process.platform === 'linux' ? it : it.skip)(
    'is no more than is reckoned with, for each format',
    async () => {
      const paths: string[] = [];
      const reckoned: number[] = [];
      for (const [name, format, make] of CASES) {
        const path = await keep(`case.${name}`, make());
        paths.push(path);
        reckoned.push(decodingBytes(format, await sharp(path).metadata(), SIZE.height ** 2));
      }
      const measured = await rises('--each', paths);
      const over = CASES.flatMap(([name], i) =>
        measured[i]! <= reckoned[i]! ? [] : [[name, measured[i], reckoned[i]]],
      );
      expect(over).toEqual([]);
      // What holds the whole picture is told from what doesn't. The kernel takes back some of it while others need memory: 38 MB were seen.
      expect(Math.max(...measured)).toBeGreaterThan(20 * MEGABYTE);
    },
    120_000,
  );

  (process.platform === 'linux' ? it : it.skip)(
    'is bounded for all pictures of a batch together',
    async () => {
      const path = await keep('large.avif', flat(4800, 4800).avif({ effort: 0 }));
      const one = decodingBytes('heif', await sharp(path).metadata(), 0);
      expect(one).toBeLessThan(MAX_DECODING_BYTES);
      // Two at a time; before, four, on as many threads.
      expect(2 * one).toBeLessThan(MAX_DECODING_BYTES_AT_ONCE);
      const [rise] = await rises(
        '--at-once',
        Array.from({ length: 8 }, () => path),
      );
      expect(rise).toBeLessThan(MAX_DECODING_BYTES_AT_ONCE);
    },
    120_000,
  );
});
