import sharp from 'sharp';
import { draw } from '../setup/draw';

export interface DrawnFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export type Colour = readonly [red: number, green: number, blue: number];
export const RED: Colour = [205, 40, 40];
export const BLUE: Colour = [40, 40, 205];
const GREY: Colour = [128, 128, 128];

const [WIDTH, HEIGHT] = [120, 96];
const NOISE = 25;

/** A picture with noise, of the colour that each place has. */
async function drawPicture(
  name: string,
  colourAt: (x: number, y: number) => Colour,
): Promise<DrawnFile> {
  const noise = draw(name, WIDTH * HEIGHT * 3, -NOISE, NOISE);
  const pixels = Uint8Array.from(noise, (each, i) => {
    const place = Math.floor(i / 3);
    const colour = colourAt(place % WIDTH, Math.floor(place / WIDTH));
    return Math.min(255, Math.max(0, Math.round((colour[i % 3] ?? 0) + each)));
  });
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  return { name, mimeType: 'image/png', buffer: await sharp(pixels, { raw }).png().toBuffer() };
}

/** Pictures of one colour all over. */
export const plain = (colour: Colour, name: string, count: number): Promise<DrawnFile[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) => drawPicture(`${name}-${i}.png`, () => colour)),
  );

/** Grey, with a patch of a colour at the upper left. */
export const patch = (colour: Colour): Promise<DrawnFile> =>
  drawPicture('patch.png', (x, y) => (x < WIDTH / 3 && y < HEIGHT / 3 ? colour : GREY));

export const TEXT: DrawnFile = {
  name: 'notes.txt',
  mimeType: 'text/plain',
  buffer: Buffer.from('no picture'),
};
