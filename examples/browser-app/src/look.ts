import * as tf from '@tensorflow/tfjs';
import { classActivationMap, overlay, pictureBatches } from 'resnet-heads';
import type { Picture } from './pictures.js';
import type { Learnt } from './training.js';
import { describeMap } from './where.js';

/**
 * Draws what in a picture speaks for a class.
 *
 * @returns the same in words
 */
export async function drawMap(
  { classifier: { model, metadata } }: Learnt,
  picture: Picture,
  classIndex: number,
  canvas: HTMLCanvasElement,
): Promise<string> {
  const [batch] = pictureBatches([{ picture: picture.canvas, label: 0 }], metadata);
  if (batch === undefined) throw new Error('one picture makes one batch');
  const owned: tf.Tensor[] = [batch.images];
  try {
    const { values } = await classActivationMap(model, batch.images, classIndex);
    owned.push(values);
    const pixels = tf.browser.fromPixels(picture.canvas);
    const drawn = overlay(values, pixels);
    owned.push(pixels, drawn);
    await tf.browser.toPixels(drawn, canvas);
    const numbers = (await values.data()) as Float32Array;
    return describeMap(numbers, values.shape, metadata.classes[classIndex] ?? '');
  } finally {
    tf.dispose(owned);
  }
}
