import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../../src/node/images';
import { MAX_PIXELS } from '../../../src/node/images/decode';
import { draw, makeFolder, noise, pngHeader, write } from './draw';

const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
const GREY = [128, 128, 128];
const WHITE = [255, 255, 255];
const QUARTERS = [
  [RED, GREEN],
  [BLUE, GREY],
];

let folder: string;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Decodes a file of these bytes. */
async function decode(content: Uint8Array | string, height = 2, width = 2, name = 'picture') {
  const [path = ''] = write(folder, { [name]: content });
  return decodeImage(path, { height, width });
}

/** A square of a picture in pixels: its centre is too far from others for the resizing to blend them. */
const SQUARE = 9;

/** The colour of each of `height × width` squares of a file of these bytes. */
async function coloursOf(bytes: Uint8Array, height: number, width: number): Promise<number[]> {
  const [rows, columns] = [height * SQUARE, width * SQUARE];
  const { pixels } = await decode(bytes, rows, columns);
  const centre = (i: number) => i * SQUARE + (SQUARE >> 1);
  const squares = Array.from({ length: height * width }, (_, i) => {
    const at = centre(Math.floor(i / width)) * columns + centre(i % width);
    return [...pixels.subarray(at * 3, at * 3 + 3)];
  });
  return squares.flat();
}

const pixelsOf = async (image: Sharp, height: number, width: number): Promise<number[]> =>
  coloursOf(await image.toBuffer(), height, width);

/** What is wrong with a file of these bytes, with its path left out. */
async function complaint(content: Uint8Array | string, name?: string): Promise<string> {
  const error: unknown = await decode(content, 2, 2, name).then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('name', 'ImageError');
  const { message } = error as Error;
  expect(message).toMatch(`${folder}/${name ?? 'picture'}: expected a picture that can be decoded`);
  return message.slice(message.indexOf('got '));
}

const near = (pixels: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(pixels).toHaveLength(expected.length);
  const worst = Math.max(...pixels.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThanOrEqual(tolerance);
};

describe('decodeImage accepts', () => {
  it.each<[string, number, (image: Sharp) => Sharp]>([
    ['PNG', 0, (image) => image.png()],
    ['PNG of 16 bits', 1, (image) => image.toColourspace('rgb16').png()],
    ['interlaced PNG', 0, (image) => image.png({ progressive: true })],
    ['PNG with a palette', 0, (image) => image.png({ palette: true })],
    ['JPEG', 3, (image) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
    ['progressive JPEG', 3, (image) => image.jpeg({ quality: 100, progressive: true })],
    ['lossless WebP', 0, (image) => image.webp({ lossless: true })],
    ['WebP', 12, (image) => image.webp()],
    ['AVIF', 12, (image) => image.avif()],
    ['GIF', 3, (image) => image.gif()],
    ['TIFF', 0, (image) => image.tiff({ compression: 'lzw' })],
    ['BigTIFF', 0, (image) => image.tiff({ compression: 'none', bigtiff: true })],
  ])('%s as RGB', async (_, tolerance, encode) => {
    near(await pixelsOf(encode(draw(QUARTERS, 32)), 2, 2), QUARTERS.flat(2), tolerance);
  });

  it.each<[string, (image: Sharp) => Sharp]>([
    ['8 bits', (image) => image.toColourspace('b-w').png()],
    ['16 bits', (image) => image.toColourspace('grey16').png()],
    ['JPEG', (image) => image.toColourspace('b-w').jpeg({ quality: 100 })],
  ])('grey of %s as RGB', async (_, encode) => {
    const image = draw([[[10], [200]]], 16);
    near(await pixelsOf(encode(image), 1, 2), [10, 10, 10, 200, 200, 200], 1);
  });

  it.each<[string, (image: Sharp) => Sharp]>([
    ['JPEG', (image) => image.jpeg({ quality: 100 })],
    ['TIFF', (image) => image.tiff({ compression: 'lzw' })],
  ])('CMYK in a %s as RGB', async (_, encode) => {
    const image = encode(draw([[WHITE, RED]], 32).toColourspace('cmyk'));
    expect(await sharp(await image.toBuffer()).metadata()).toHaveProperty('space', 'cmyk');
    const pixels = await pixelsOf(image, 1, 2);
    near(pixels.slice(0, 3), WHITE, 6);
    // CMYK has no red as pure as sRGB's.
    expect(pixels[3]).toBeGreaterThan(200);
    expect(Math.max(pixels[4]!, pixels[5]!)).toBeLessThan(70);
  });

  it('what shows through as white, and half of it as half white', async () => {
    const rows = [
      [
        [0, 0, 0, 0],
        [255, 0, 0, 255],
        [0, 0, 0, 128],
      ],
    ];
    const expected = [...WHITE, ...RED, 127, 127, 127];
    near(await pixelsOf(draw(rows, 16).png(), 1, 3), expected, 1);
    near(await pixelsOf(draw(rows, 16).toColourspace('rgb16').png(), 1, 3), expected, 1);
    const greys = draw(
      [
        [
          [0, 0],
          [50, 255],
        ],
      ],
      16,
    )
      .toColourspace('b-w')
      .png();
    near(await pixelsOf(greys, 1, 2), [...WHITE, 50, 50, 50], 1);
  });

  // As the standard has it: 6 is to be turned right, 8 left, 3 upside down, 2 mirrored.
  it.each([
    [1, [RED, GREEN, BLUE, GREY]],
    [2, [GREEN, RED, GREY, BLUE]],
    [3, [GREY, BLUE, GREEN, RED]],
    [6, [BLUE, RED, GREY, GREEN]],
    [8, [GREEN, GREY, RED, BLUE]],
  ])('EXIF orientation %i upright', async (orientation, expected) => {
    const image = draw(QUARTERS, 32).withMetadata({ orientation });
    for (const encoded of [image.clone().png(), image.clone().jpeg({ quality: 100 })]) {
      near(await pixelsOf(encoded, 2, 2), expected.flat(), 4);
    }
  });

  it('an oblong picture that lies on its side, cropped at its centre as it is seen', async () => {
    // Stored 4 wide, 2 high; upright it is 2 wide, 4 high, and its two middle rows are left.
    const rows = [
      [WHITE, RED, GREEN, WHITE],
      [WHITE, BLUE, GREY, WHITE],
    ];
    const image = draw(rows, 16).withMetadata({ orientation: 6 }).png();
    near(await pixelsOf(image, 2, 2), [BLUE, RED, GREY, GREEN].flat(), 0);
  });

  it.each(['gif', 'webp'] as const)('the first frame of an animated %s', async (format) => {
    const frames = draw([[RED], [GREEN]], 16).raw({ depth: 'uchar' });
    const animation = sharp(await frames.toBuffer(), {
      raw: { width: 16, height: 32, channels: 3, pageHeight: 16 },
    }).toFormat(format);
    const bytes = await animation.toBuffer();
    expect(await sharp(bytes).metadata()).toHaveProperty('pages', 2);
    near(await coloursOf(bytes, 1, 1), RED, 6);
  });

  it.each([
    [1, 1, 5, 9],
    [7, 3, 4, 4],
    [3, 7, 4, 4],
    [640, 480, 224, 224],
    [333, 500, 224, 224],
    [1, 3000, 16, 16],
    [3000, 1, 16, 16],
    [1, 60_000, 224, 224],
  ])('a picture of %i × %i at %i × %i', async (width, height, h, w) => {
    const image = draw([[GREY]])
      .resize(width, height, { fit: 'fill' })
      .png();
    const { pixels } = await decode(await image.toBuffer(), h, w);
    expect(pixels).toHaveLength(h * w * 3);
    expect(pixels.every((value) => value === 128)).toBe(true);
  });

  it('any name, and gives the hash of the file', async () => {
    const bytes = await draw(QUARTERS).png().toBuffer();
    const { sha256 } = await decode(bytes, 2, 2, 'it is a PNG.jpg');
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('bytes after the end of a JPEG, as cameras leave them', async () => {
    const bytes = await draw(QUARTERS, 32).jpeg({ quality: 100 }).toBuffer();
    const longer = Buffer.concat([bytes, Buffer.alloc(1000, 7)]);
    near(await coloursOf(longer, 2, 2), QUARTERS.flat(2), 4);
  });
});

describe('decodeImage rejects', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'a %s that is cut short anywhere',
    async (format) => {
      // Upright, so that a centre crop leaves the end of the file out.
      const bytes = await noise(40, 160).toFormat(format).toBuffer();
      for (const part of [0.03, 0.2, 0.5, 0.8, 0.9, 0.97]) {
        expect(await complaint(bytes.subarray(0, bytes.length * part))).toMatch(
          /^got (".+"; the file is damaged or cut short|a file of another kind)/,
        );
      }
    },
  );

  it('a JPEG that is cut short where the crop leaves it out', async () => {
    const bytes = await noise(300, 1200).jpeg().toBuffer();
    const cut = bytes.subarray(0, bytes.length * 0.85);
    await expect(decode(cut, 64, 64)).rejects.toThrow('premature end');
  });

  it('a JPEG that is cut short at the very end', async () => {
    const bytes = await noise(40, 160).jpeg().toBuffer();
    expect(await complaint(bytes.subarray(0, -2))).toBe(
      'got "VipsJpeg: premature end of JPEG image"; the file is damaged or cut short: fetch it again, or remove it',
    );
  });

  it.each([
    ['', 'an empty file; fetch it again'],
    ['\u0000\u0001', 'a file of another kind; JPEG, PNG, WebP, AVIF, GIF and TIFF can be decoded'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG or other XML; save it as PNG'],
    ['\uFEFF<?xml version="1.0"?><svg/>', 'SVG or other XML; save it as PNG'],
    ['<!-- drawn --><svg/>', 'SVG or other XML; save it as PNG'],
    [
      '<!--ftypavif--><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      'SVG or other XML; save it as PNG',
    ],
    ['<!DOCTYPE html><title>404</title>', 'a web page; download the picture itself'],
    ['BM1234', 'a BMP; save it as PNG'],
    ['%PDF-1.7', 'a PDF; save its page as PNG'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC; save it as JPEG'],
    ['version https://git-lfs.github.com/spec/v1', 'a pointer of Git LFS; run git lfs pull'],
  ])('%j', async (content, expected) => {
    expect(await complaint(content, 'picture.png')).toBe(`got ${expected}`);
  });

  it.each(['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF89a', 'II*\0', 'RIFF0000WEBP'])(
    'an SVG behind the signature %j',
    async (signature) => {
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
      expect(await complaint(Buffer.from(signature + svg, 'latin1'))).toMatch(
        /^got ".+"; the file/,
      );
    },
  );

  it('more pixels than it would decode, without decoding them', async () => {
    expect(await complaint(pngHeader(20_000, 20_000))).toBe(
      `got "Input image exceeds pixel limit"; ${MAX_PIXELS} pixels are the most, so save it smaller`,
    );
    // A limit of libpng's.
    expect(await complaint(pngHeader(0x7fffffff, 0x7fffffff))).toMatch(/^got ".+"; /);
    expect(await complaint(pngHeader(0, 5))).toMatch(/^got ".+"; the file is damaged/);
    expect(await complaint(pngHeader(11_000, 11_000))).toMatch(/^got ".+"; the file is damaged/);
  });

  it('more bytes than it would hold', async () => {
    const [path = ''] = write(folder, { 'long.png': '' });
    truncateSync(path, 2 ** 28 + 1);
    await expect(decodeImage(path, { height: 2, width: 2 })).rejects.toThrow(
      `${path}: expected a picture that can be decoded, got 268435457 bytes; 268435456 is the most, so save it smaller`,
    );
  });

  it('what is no file', async () => {
    const path = join(folder, 'thing.png');
    const attempt = () => decodeImage(path, { height: 2, width: 2 });
    await expect(attempt()).rejects.toThrow(
      `${path}: expected a picture that can be decoded, got no such file; look at its path`,
    );
    mkdirSync(path);
    await expect(attempt()).rejects.toThrow('got a folder; pass the files in it');
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
    await expect(attempt()).rejects.toThrow(/got "ELOOP: .+"; look at its permissions/);
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await expect(attempt()).rejects.toThrow('got neither a file nor a link to one; remove it');
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a path that is none',
      () => decodeImage(5 as unknown as string, { height: 1, width: 1 }),
      "path: expected the path of a picture's file, got 5",
    ],
    [
      'a size that is none',
      () => decodeImage('a.png', undefined as unknown as { height: number; width: number }),
      'size: expected an options object, got undefined',
    ],
    [
      'no height',
      () => decodeImage('a.png', { height: 0, width: 1 }),
      'size.height: expected a positive integer, got 0',
    ],
    [
      'half a width',
      () => decodeImage('a.png', { height: 1, width: 0.5 }),
      'size.width: expected a positive integer, got 0.5',
    ],
  ])('%s', async (_, attempt, message) => {
    await expect(attempt()).rejects.toMatchObject({ name: 'ArgumentError', message });
  });

  it('to work without sharp', async () => {
    const [path = ''] = write(folder, { 'a.png': await draw(QUARTERS).png().toBuffer() });
    await jest.isolateModulesAsync(async () => {
      jest.doMock('sharp', () => {
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      });
      const isolated = await import('../../../src/node/images/decode');
      await expect(isolated.decodeImage(path, { height: 2, width: 2 })).rejects.toMatchObject({
        name: 'Error',
        message: 'sharp: expected it to be installed, got no such package; npm install sharp',
      });
      jest.dontMock('sharp');
    });
  });
});
