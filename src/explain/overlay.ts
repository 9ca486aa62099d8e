import * as tf from '@tensorflow/tfjs';
import { reject, requireOptions } from '../errors.js';

export interface OverlayOptions {
  /** Opacity of the map's colours, from 0 to 1. @default 0.5 */
  readonly opacity?: number;
}

/**
 * Matplotlib's viridis, by Stéfan van der Walt and Nathaniel Smith (CC0), at sixteen even steps. Its lightness increases
 * evenly, so that it works in greyscale and for colour-blind readers.
 */
const VIRIDIS: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [72, 26, 108],
  [71, 47, 125],
  [65, 68, 135],
  [57, 86, 140],
  [49, 104, 142],
  [42, 120, 142],
  [35, 136, 142],
  [31, 152, 139],
  [34, 168, 132],
  [53, 183, 121],
  [84, 197, 104],
  [122, 209, 81],
  [165, 219, 54],
  [210, 226, 27],
  [253, 231, 37],
];

const MAX_PIXEL = 255;
/** Relative variation of a map below which it counts as constant: float32's rounding. */
const FLAT = 1e-6;

/** Whether a map counts as constant, so that it isn't drawn. */
export const isFlat = (least: number, most: number): boolean =>
  most - least <= FLAT * Math.max(Math.abs(least), Math.abs(most));

/** Maps values `[h, w]` from 0 to 1 to colours `[h, w, 3]` from 0 to 255. */
export function colours(shares: tf.Tensor2D): tf.Tensor3D {
  const last = VIRIDIS.length - 1;
  const anchors = tf.tensor2d(VIRIDIS.map((colour) => [...colour]));
  const at = shares.clipByValue(0, 1).mul(last);
  const below = at.floor().clipByValue(0, last - 1);
  const [from, to] = [below, below.add(1)].map((index) => anchors.gather(index.toInt()));
  if (from === undefined || to === undefined) throw new Error('two colours are four');
  const between = at.sub(below).expandDims<tf.Tensor3D>(2);
  return from.add(to.sub(from).mul(between));
}

/**
 * Draws a map of {@link classActivationMap} over a picture, from dark blue at its minimum to yellow at its maximum. The map is
 * resized to the picture (bilinear). A constant map leaves the picture unchanged.
 *
 * @param map `[h, w]` of any range; not disposed
 * @param picture `[height, width, 3]`, RGB from 0 to 255, not preprocessed; not disposed
 * @returns int32 `[height, width, 3]` from 0 to 255, for `tf.browser.toPixels` or an encoder; the caller disposes it
 * @throws ArgumentError if a shape or the opacity is wrong
 */
export function overlay(
  map: tf.Tensor2D,
  picture: tf.Tensor3D,
  options: OverlayOptions = {},
): tf.Tensor3D {
  requireOptions('options', options);
  const { opacity = 0.5 } = options;
  if (typeof opacity !== 'number' || !(opacity >= 0 && opacity <= 1)) {
    reject('opacity', 'a number from 0 to 1', opacity);
  }
  const mapShape: readonly number[] = map.shape;
  if (mapShape.length !== 2)
    reject('map', 'the shape [h, w]', mapShape, 'pass the .values of an activation map');
  const pictureShape: readonly number[] = picture.shape;
  if (pictureShape.length !== 3 || pictureShape[2] !== 3) {
    reject('picture', 'the shape [height, width, 3]', pictureShape, 'pass one RGB picture');
  }
  return tf.tidy(() => {
    const [height, width] = picture.shape;
    const [least, most] = [map.min(), map.max()];
    const range = most.sub(least);
    const varies = range.greater(map.abs().max().mul(FLAT)).toFloat();
    const shares = map.toFloat().sub(least).divNoNan(range).expandDims<tf.Tensor3D>(2);
    // Half-pixel centres: each position of the map lies over the centre of its pixels.
    const stretched = tf.image.resizeBilinear(shares, [height, width], false, true);
    const colour = colours(stretched.squeeze<tf.Tensor2D>([2]));
    const bare = picture.toFloat();
    const blended = bare.add(colour.sub(bare).mul(varies.mul(opacity)));
    return blended.round().clipByValue(0, MAX_PIXEL).toInt() as tf.Tensor3D;
  });
}
