import { element } from './dom.js';

/** A picture's middle square, small enough to keep hundreds of. */
export interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly name: string;
}

/** Above any size that the page offers for a base. */
const SIDE = 320;

/** Cuts the middle out of anything that a canvas can draw. */
export function cutPicture(
  source: CanvasImageSource,
  width: number,
  height: number,
  name: string,
): Picture {
  const canvas = element('canvas', { width: SIDE, height: SIDE });
  // Read back often, by TensorFlow.js.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser gives no canvas to draw on.');
  // What is transparent is seen on white.
  context.fillStyle = 'white';
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = 'high';
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  context.drawImage(source, left, top, side, side, 0, 0, SIDE, SIDE);
  return { canvas, name };
}

/** Pictures of files, and the names of those that are none. */
export async function readPictures(
  files: readonly File[],
): Promise<{ readonly pictures: readonly Picture[]; readonly refused: readonly string[] }> {
  const pictures: Picture[] = [];
  const refused: string[] = [];
  for (const file of files) {
    try {
      const bitmap = await createImageBitmap(file);
      pictures.push(cutPicture(bitmap, bitmap.width, bitmap.height, file.name));
      bitmap.close();
    } catch {
      refused.push(file.name);
    }
  }
  return { pictures, refused };
}

export const refusal = (names: readonly string[]): string =>
  `${names.join(', ')}: not a picture that this browser can read. JPEG, PNG, WebP and GIF work everywhere.`;
