import { element } from './dom.js';

/** The central square of a picture, small enough to keep hundreds of them. */
export interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly name: string;
}

/** Pixels: larger than any picture size that the page offers. */
export const SIDE = 320;

/** Crops the central square of anything that a canvas can draw. */
export function cutPicture(
  source: CanvasImageSource,
  width: number,
  height: number,
  name: string,
): Picture {
  const canvas = element('canvas', { width: SIDE, height: SIDE });
  drawSquare(canvas, source, width, height);
  return { canvas, name };
}

/** Draws the central square over the whole of a canvas. */
export function drawSquare(
  canvas: HTMLCanvasElement,
  source: CanvasImageSource,
  width: number,
  height: number,
): void {
  // TensorFlow.js reads the pixels back.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser cannot draw on a canvas.');
  // Transparent pixels become white.
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  context.drawImage(source, left, top, side, side, 0, 0, canvas.width, canvas.height);
}

const PNG = 'image/png';

/** Encodes a picture without loss. */
export async function encodePicture({ canvas }: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, PNG);
  });
  if (blob === null) throw new Error('a picture could not be encoded');
  return new Uint8Array(await blob.arrayBuffer());
}

/** The same at once, for a page that is being closed: meanwhile it can do nothing else. */
export function encodeAtOnce({ canvas }: Picture): Uint8Array<ArrayBuffer> {
  const url = canvas.toDataURL(PNG);
  return Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (char) => char.charCodeAt(0));
}

/** Decodes a picture file; rejects if it is none. */
export async function decodePicture(blob: Blob, name: string): Promise<Picture> {
  const bitmap = await createImageBitmap(blob);
  const picture = cutPicture(bitmap, bitmap.width, bitmap.height, name);
  bitmap.close();
  return picture;
}

/** Reads picture files; `refused` has the names of those that can't be decoded. */
export async function readPictures(
  files: readonly File[],
): Promise<{ readonly pictures: readonly Picture[]; readonly refused: readonly string[] }> {
  const pictures: Picture[] = [];
  const refused: string[] = [];
  for (const file of files) {
    try {
      pictures.push(await decodePicture(file, file.name));
    } catch {
      refused.push(file.name);
    }
  }
  return { pictures, refused };
}

export const refusal = (names: readonly string[]): string =>
  `${names.join(', ')}: not a picture that this browser can decode. Use JPEG, PNG, WebP or GIF.`;
