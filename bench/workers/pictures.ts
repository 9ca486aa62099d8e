import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Of a photograph as web pages show it, and the median of Kaggle's cats and dogs. */
const [WIDTH, HEIGHT] = [500, 374];

/** Pictures with as much to decode as photographs have: blurred noise, some 60 kB each. */
export async function drawPictures(folder: string, count: number): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 80 } as const;
  const create = { width: WIDTH, height: HEIGHT, channels: 3, background: 'grey', noise } as const;
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const label = join(folder, i % 2 === 0 ? 'even' : 'odd');
      mkdirSync(label, { recursive: true });
      await sharp({ create })
        .blur(1)
        .jpeg({ quality: 90 })
        .toFile(join(label, `${i}.jpg`));
    }),
  );
}
