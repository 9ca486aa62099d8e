import * as tf from '@tensorflow/tfjs';
import { shiftImages } from '../../src/explain/translation.js';

/** Changes of test pictures. Shifts are shares of the width. */
export const VARIANTS = [
  'plain',
  ...['left 1/28', 'right 1/28', 'left 1/14', 'right 1/14', 'left 1/7', 'right 1/7'],
  ...['smaller', 'larger', 'mirror'],
] as const;

export type Variant = (typeof VARIANTS)[number] | (string & {});

/** The largest shifts among changes: to the left, then to the right. */
export function largestShifts(variants: readonly Variant[]): readonly Variant[] {
  const shifts = variants.filter((name) => /^(left|right) /.test(name));
  const share = (name: string) => 1 / Number(name.split('/')[1]);
  const most = Math.max(...shifts.map(share));
  return shifts.filter((name) => share(name) === most);
}

/** Side of the picture within its frame, and of the part that is enlarged: a quarter less than the whole. */
const SCALE = 0.75;

/** Shrinks pictures and repeats their edges around them, or enlarges their middle. */
function scaled(images: tf.Tensor4D, isLarger: boolean): tf.Tensor4D {
  const [, height, width] = images.shape;
  const margin = (1 - SCALE) / 2;
  return tf.tidy(() => {
    if (isLarger) {
      const boxes = Array.from({ length: images.shape[0] }, () => [
        ...[margin, margin, 1 - margin, 1 - margin],
      ]);
      const index = Int32Array.from(boxes.keys());
      return tf.image.cropAndResize(images, boxes, index, [height, width], 'bilinear');
    }
    const [h, w] = [Math.round(SCALE * height), Math.round(SCALE * width)];
    const small = tf.image.resizeBilinear(images, [h, w], false, true);
    const around = (size: number, inner: number) => {
      const before = Math.floor((size - inner) / 2);
      return Int32Array.from({ length: size }, (_, i) =>
        Math.min(inner - 1, Math.max(0, i - before)),
      );
    };
    return small
      .gather(tf.tensor1d(around(height, h), 'int32'), 1)
      .gather(tf.tensor1d(around(width, w), 'int32'), 2);
  });
}

/** Applies a change to pictures `[n, h, w, 3]`; the result is the caller's to dispose. */
export function varied(images: tf.Tensor4D, variant: Variant): tf.Tensor4D {
  if (variant === 'plain') return images.clone();
  if (variant === 'mirror') return images.reverse(2);
  if (variant === 'smaller' || variant === 'larger') return scaled(images, variant === 'larger');
  const [, side, parts] = /^(left|right) 1\/(\d+)$/.exec(variant) ?? [];
  if (side === undefined) throw new Error(`variant: expected a known one, got "${variant}"`);
  const pixels = Math.round(images.shape[2] / Number(parts));
  return shiftImages(images, side === 'left' ? -pixels : pixels, 'x');
}
