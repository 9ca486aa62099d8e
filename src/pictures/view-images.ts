import * as tf from '@tensorflow/tfjs';
import { preprocess, type Preprocessing } from '../base/preprocess.js';
import type { ViewKind } from './views.js';

/**
 * Yields preprocessed pictures, and then each of their views.
 *
 * @param pixels `[n, h, w, 3]`, RGB from 0 to 255; they remain the caller's
 * @returns tensors of the same shape, which the caller disposes
 */
export async function* imagesOfViews(
  pixels: tf.Tensor4D,
  names: readonly ViewKind[] | undefined,
  preprocessing: Preprocessing,
): AsyncGenerator<tf.Tensor4D, void, undefined> {
  yield preprocess(pixels, preprocessing);
  if (names === undefined) return;
  // Imported on demand: most pictures are used as they are.
  const { viewPixels, VIEWS } = await import('./view-pixels.js');
  const { shape } = pixels;
  const values = await pixels.data();
  for (const view of names.flatMap((name) => VIEWS[name])) {
    const bytes = viewPixels(values, [shape[1], shape[2]], view);
    yield tf.tidy(() => preprocess(tf.tensor4d(Float32Array.from(bytes), shape), preprocessing));
  }
}
