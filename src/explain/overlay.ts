import * as tf from '@tensorflow/tfjs';
import { reject, requireOptions } from '../errors.js';

export interface OverlayOptions {
  /** Of the colours over the picture, from 0 to 1. @default 0.5 */
  readonly opacity?: number;
}

/**
 * Viridis, by Stéfan van der Walt and Nathaniel Smith for Matplotlib (CC0), at sixteen even steps: its
 * lightness rises evenly, so that it orders as it reads in grey and to the colour-blind.
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
/** A map that varies by less, relative to its largest value, varies by the rounding of float32. */
const FLAT = 1e-6;

/** Shares from 0 to 1, `[h, w]`, as colours, `[h, w, 3]` from 0 to 255. */
function colours(shares: tf.Tensor2D): tf.Tensor3D {
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
 * A map as colours over a picture, dark blue at its least value and yellow at its greatest: what
 * {@link classActivationMap} found, where it found it. The map is stretched over the picture (bilinearly)
 * and over the colours; one that is the same everywhere has nothing to show, and leaves the picture bare.
 *
 * @param map `[h, w]` of any range; still yours to dispose
 * @param picture `[height, width, 3]`, red, green and blue from 0 to 255, not preprocessed; still yours
 * @returns int32 `[height, width, 3]` from 0 to 255, for `tf.browser.toPixels` or an encoder; yours to
 *   dispose
 * @throws ArgumentError where shapes or opacity don't fit
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
  if (mapShape.length !== 2) reject('map', 'the shape [h, w]', mapShape, 'pass .values of it');
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
    // Half-pixel centres: a map's position lies over the middle of the pixels that it stands for.
    const stretched = tf.image.resizeBilinear(shares, [height, width], false, true);
    const colour = colours(stretched.squeeze<tf.Tensor2D>([2]));
    const bare = picture.toFloat();
    const blended = bare.add(colour.sub(bare).mul(varies.mul(opacity)));
    return blended.round().clipByValue(0, MAX_PIXEL).toInt() as tf.Tensor3D;
  });
}
