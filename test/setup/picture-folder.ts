import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Draws dark and light pictures, a folder each, and each picture with content of its own: those of other numbers differ. */
export async function drawPictures(folder: string, each: number, from = 0): Promise<void> {
  for (const [name, level] of [
    ['dark', 40],
    ['light', 200],
  ] as const) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = from; i < from + each; i++) {
      const background = { r: level + i, g: level, b: level - i };
      await sharp({ create: { width: 40, height: 40, channels: 3, background } })
        .png()
        .toFile(join(folder, name, `${i}.png`));
    }
  }
}
