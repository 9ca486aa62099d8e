import sharp from 'sharp';
import { draw } from '../setup/draw';
import type { DrawnFile } from './drawn';

/** Each fruit as SVG in a square from -50 to 50, in a colour given as `h s% l%`. */
const FRUITS = {
  apple: {
    hues: [350, 372],
    shape: (colour: string) => `
      <path d="M0-26C-18-40-44-28-42 2C-40 30-20 46 0 36C20 46 40 30 42 2C44-28 18-40 0-26Z" fill="hsl(${colour})"/>
      <path d="M-28-8C-28-20-20-25-14-25" stroke="white" stroke-opacity=".55" stroke-width="5" fill="none" stroke-linecap="round"/>
      <path d="M0-26C-1-36 2-42 7-47" stroke="#6b4423" stroke-width="5" fill="none" stroke-linecap="round"/>
      <path d="M6-38C14-50 28-48 32-42C24-34 14-32 6-38Z" fill="#4d9b3a"/>`,
  },
  banana: {
    hues: [44, 52],
    shape: (colour: string) => `
      <path d="M-40-26C-34 20 0 42 40 22C44 20 44 14 40 13C8 16-16 2-28-32C-30-37-41-36-40-26Z" fill="hsl(${colour})"/>
      <path d="M-34-22C-26 14 2 32 36 20" stroke="#a87a12" stroke-opacity=".55" stroke-width="3" fill="none"/>
      <path d="M-36-31L-38-43L-30-45L-29-33Z" fill="#6b4423"/>
      <circle cx="42" cy="17" r="4.5" fill="#5a3d1c"/>`,
  },
  grapes: {
    hues: [258, 280],
    shape: (colour: string) => `
      <path d="M0-26C-1-36 2-42 7-48" stroke="#6b4423" stroke-width="5" fill="none" stroke-linecap="round"/>
      <path d="M2-34C14-50 32-42 34-30C22-24 8-26 2-34Z" fill="#4d9b3a"/>
      ${[
        [-24, -14],
        [0, -18],
        [24, -14],
        [-13, 6],
        [13, 6],
        [0, 26],
      ]
        .map(
          ([x = 0, y = 0]) =>
            `<circle cx="${x}" cy="${y}" r="14.5" fill="hsl(${colour})" stroke="white" stroke-opacity=".35"/><circle cx="${x - 5}" cy="${y - 5}" r="3.5" fill="white" fill-opacity=".6"/>`,
        )
        .join('')}`,
  },
} as const;

export type Fruit = keyof typeof FRUITS;
export const FRUIT_NAMES = Object.keys(FRUITS) as readonly Fruit[];

const SIDE = 240;

/** A drawing of a fruit: its place, size, angle, colour and background vary with the seed. */
async function drawFruit(fruit: Fruit, seed: string): Promise<DrawnFile> {
  const { hues, shape } = FRUITS[fruit];
  const [x = 0, y = 0, size = 0, angle = 0, hue = 0, light = 0, ground = 0] = draw(
    `${fruit} ${seed}`,
    7,
    0,
    1,
  );
  const between = (least: number, most: number, share: number) => least + (most - least) * share;
  const colour = `${between(hues[0], hues[1], hue) % 360} 72% ${between(46, 56, light)}%`;
  const place = [
    `translate(${between(-10, 10, x)} ${between(-10, 10, y)})`,
    `rotate(${between(-35, 35, angle)})`,
    `scale(${between(0.65, 0.95, size)})`,
  ].join(' ');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}" viewBox="-60 -60 120 120">
    <rect x="-60" y="-60" width="120" height="120" fill="hsl(${360 * ground} 38% 88%)"/>
    <g transform="${place}">${shape(colour)}</g></svg>`;
  const buffer = await sharp(Buffer.from(svg)).png().toBuffer();
  return { name: `${fruit}-${seed}.png`, mimeType: 'image/png', buffer };
}

/** Drawings of a fruit, numbered from `from` on; no two are alike. */
export const fruits = (fruit: Fruit, count: number, from = 1): Promise<DrawnFile[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => drawFruit(fruit, String(from + i))));
