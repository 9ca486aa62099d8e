import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../../src/node/images/decode';
import { draw, makeFolder, write } from './draw';

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

const near = (pixels: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(pixels).toHaveLength(expected.length);
  const worst = Math.max(...pixels.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThanOrEqual(tolerance);
};

describe('decodeImage accepts', () => {
  it('bytes, as it does the file that has them', async () => {
    const bytes = await draw(QUARTERS).png().toBuffer();
    const inFile = await decode(bytes);
    expect(await decodeImage(bytes, { height: 2, width: 2 })).toEqual(inFile);
    // A part of other bytes.
    const part = Uint8Array.from([1, 2, ...bytes, 3]).subarray(2, 2 + bytes.length);
    expect(await decodeImage(part, { height: 2, width: 2 })).toEqual(inFile);
    await expect(decodeImage(Uint8Array.of(1, 2), { height: 2, width: 2 })).rejects.toThrow(
      'picture: expected a picture that can be decoded, got a file of another kind; ',
    );
  });

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
