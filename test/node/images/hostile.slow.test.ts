import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { imageBatches } from '../../../src/node/images/batches';
import { readImageFolder } from '../../../src/node/images/folder';
import type { LabelledFile } from '../../../src/pictures/types';
import { expectNoLeak } from '../../setup/memory';
import { makeFolder, noise, pngHeader, write } from './draw';

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;
const GOOD = 100;
const BAD = 500;
const SVG = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
const NAMES = [
  'plain',
  'with space',
  '🐈',
  'قطة',
  '猫',
  'new\nline',
  '%41?#',
  'quote\'"',
  '$(x)',
  '-rf',
];
const MEGABYTE = 2 ** 20;

let folder: string;
let good: string[];
let bad: string[];
/** By format, of 48 × 96 pixels. */
let encoded: Buffer[];

/** A number from 0 up to 1 that looks drawn, and is the same in each run. */
const chance = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32;

/** What is broken in one way or another, and an extension. */
function breakage(i: number): readonly [content: Buffer | string, extension: string] {
  const bytes = encoded[i % FORMATS.length]!;
  switch (i % 10) {
    case 6:
      return ['', 'jpg'];
    case 7:
      return [pngHeader(30_000 + i, 30_000 + i), 'png'];
    case 8:
      return [SVG, 'png'];
    case 9:
      return [noiseOf(i), 'webp'];
    case 5:
      return [pngHeader(9_000, 9_000), 'png'];
    default:
      return [bytes.subarray(0, 1 + bytes.length * 0.95 * chance(i)), FORMATS[i % FORMATS.length]!];
  }
}

const noiseOf = (i: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: 400 }, (_, k) => 255 * chance(i * 400 + k)));

beforeAll(async () => {
  folder = makeFolder();
  encoded = await Promise.all(
    FORMATS.map((format, i) =>
      noise(48, 96, i + 1)
        .toFormat(format)
        .toBuffer(),
    ),
  );
  const place = (i: number) => `${NAMES[i % 3]!}/${NAMES[i % 7]!}/${NAMES[i % NAMES.length]!}`;
  good = Array.from({ length: GOOD }, (_, i) => {
    const name = `${place(i)} good ${i}.${FORMATS[(i * 5) % FORMATS.length]!}`;
    return write(folder, { [name]: encoded[i % FORMATS.length]! })[0]!;
  });
  bad = Array.from({ length: BAD }, (_, i) => {
    const [content, extension] = breakage(i);
    return write(folder, { [`${place(i)} bad ${i}.${extension}`]: content })[0]!;
  });
  const link = (from: string, to: string) => {
    const path = join(folder, from);
    symlinkSync(to, path);
    return path;
  };
  link('plain/loop', '.');
  link('plain/root.png', '..');
  link('🐈/loop', `../🐈`);
  bad.push(link('plain/self.png', 'self.png'), link('🐈/gone.jpg', '/nowhere'));
  mkdirSync(join(folder, 'plain/folder.png'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Decodes the pictures; gives who was used, who was skipped, and how far memory rose, in megabytes. */
async function consume(images: readonly LabelledFile[]) {
  const used: string[] = [];
  const skipped: string[] = [];
  const before = process.memoryUsage().rss;
  let peak = before;
  const batches = imageBatches(images, {
    height: 128,
    width: 128,
    batchSize: 16,
    onWarning: ({ message }) => {
      const at = message.indexOf(': expected ');
      skipped.push(message.slice(0, at));
    },
  });
  for await (const batch of batches) {
    used.push(...batch.images.map(({ path }) => path));
    batch.pixels.dispose();
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  return { used, skipped, rise: (peak - before) / MEGABYTE };
}

describe('a hostile folder', () => {
  it('has every good picture used, every bad one named, and memory bounded', async () => {
    const { classes, images } = await readImageFolder(folder);
    expect(classes).toEqual(['plain', 'with space', '🐈']);
    expect(images.map(({ path }) => path).sort()).toEqual([...good, ...bad].sort());
    for (const { path, label } of images) {
      expect(relative(folder, path).split('/')[0]).toBe(classes[label]);
    }
    await expectNoLeak(async () => {
      const { used, skipped, rise } = await consume(images);
      expect(used.map((path) => basename(path)).sort()).toEqual(
        good.map((path) => basename(path)).sort(),
      );
      expect(skipped.sort()).toEqual([...bad].sort());
      // The PNGs that claim 9,000 × 9,000 would take 243 MB each if anything believed them.
      expect(rise).toBeLessThan(400);
    });
  });

  it('takes no more memory for ten times as many pictures', async () => {
    const images = Array.from({ length: 20 }, () =>
      good.map((path) => ({ path, label: 0 })),
    ).flat();
    const { used, rise } = await consume(images);
    expect(used).toHaveLength(2000);
    // As float32, all of them would be 393 MB.
    expect(rise).toBeLessThan(250);
  });
});
