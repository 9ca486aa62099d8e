import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { findNearDuplicates } from '../../src/pictures/near-duplicates';
import { partOfFiles } from '../../src/node/pictures';
import { expectNoLeak } from '../setup/memory';

let folder: string;
const at = (name: string) => join(folder, name);

/** Pixels of a random picture with large patches, as photographs have. */
function patches(seed: number): Sharp {
  let state = seed;
  const next = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  const raw = Uint8Array.from({ length: 8 * 8 * 3 }, () => 255 * next());
  return sharp(raw, { raw: { width: 8, height: 8, channels: 3 } }).resize(96, 96);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-near-'));
  for (let i = 1; i <= 4; i++)
    await patches(i)
      .png()
      .toFile(at(`train${i}.png`));
  const again = () => sharp(at('train2.png'));
  await again().jpeg({ quality: 60 }).toFile(at('recompressed.jpg'));
  await again().resize(40, 40).png().toFile(at('smaller.png'));
  await again().linear(1, 4).png().toFile(at('brighter.png'));
  await again().flop().png().toFile(at('mirrored.png'));
  await patches(9).png().toFile(at('other.png'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const part = (...names: string[]) =>
  partOfFiles(
    names.map((name) => ({ path: at(name), label: 0 })),
    folder,
  );

describe('findNearDuplicates', () => {
  it('finds copies at another quality, size and brightness, and nothing else', async () => {
    await expectNoLeak(async () => {
      const counts: number[] = [];
      const found = await findNearDuplicates(
        part('train1.png', 'train2.png', 'train3.png', 'train4.png'),
        part('recompressed.jpg', 'other.png', 'smaller.png', 'mirrored.png', 'brighter.png'),
        { onRead: (done) => counts.push(done) },
      );
      expect(found.map(({ heldOut }) => heldOut).sort()).toEqual(
        ['brighter.png', 'recompressed.jpg', 'smaller.png'].map(at),
      );
      expect(new Set(found.map(({ training }) => training))).toEqual(new Set([at('train2.png')]));
      const differences = found.map(({ difference }) => difference);
      expect(differences).toEqual([...differences].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(9);
    });
  });

  it('finds nothing without training pictures', async () => {
    await expectNoLeak(async () => {
      const options = { onRead: () => undefined };
      expect(await findNearDuplicates(part(), part('other.png'), options)).toEqual([]);
    });
  });
});
