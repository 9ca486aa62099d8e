import * as tf from '@tensorflow/tfjs';
import type { Classifier } from 'resnet-heads';
import type { Picture } from './pictures.js';
import { describeMap } from './where.js';

/**
 * Draws the class activation map of a picture.
 *
 * @returns a description in words
 */
export async function drawMap(
  classifier: Classifier,
  { canvas }: Picture,
  className: string,
  onto: HTMLCanvasElement,
): Promise<string> {
  const { values, overlay } = await classifier.explain(canvas, { className });
  try {
    await tf.browser.toPixels(overlay, onto);
    return describeMap((await values.data()) as Float32Array, values.shape, className);
  } finally {
    tf.dispose([values, overlay]);
  }
}
