import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../../errors.js';
import { decodePicture } from '../../pictures/decode.js';
import type { Picture } from '../../pictures/types.js';
import type { ShownPicture } from '../../html-report/data.js';
import { classifierFolders } from '../node.js';
import type { ConfusionEvaluation } from '../evaluation.js';
import type { Classifier } from '../types.js';

const QUALITY = 0.8;

/** A picture as a `data:` URL; undefined in a worker of a browser, which has no canvas of the page. */
async function urlOf(pixels: tf.Tensor3D): Promise<string | undefined> {
  const node = classifierFolders.get();
  if (node !== undefined) {
    const [height, width] = pixels.shape;
    const picture = { pixels: Uint8Array.from(await pixels.data()), width, height };
    return `data:image/jpeg;base64,${await node.encodeJpeg(picture)}`;
  }
  if (typeof document === 'undefined') return undefined;
  const canvas = document.createElement('canvas');
  await tf.browser.toPixels(pixels, canvas);
  return canvas.toDataURL('image/jpeg', QUALITY);
}

async function pictureUrl(picture: Picture, { inputSize }: Classifier) {
  const pixels = await decodePicture(picture, inputSize);
  const one = tf.tidy(() => pixels.squeeze<tf.Tensor3D>([0]).round().toInt());
  pixels.dispose();
  return urlOf(one).finally(() => {
    one.dispose();
  });
}

/** The activation map of a class over a picture; undefined if the classifier has none. */
async function mapUrl(picture: Picture, classifier: Classifier, className: string) {
  let map;
  try {
    map = await classifier.explain(picture, { className });
  } catch (error) {
    if (error instanceof ArgumentError) return undefined;
    throw error;
  }
  return urlOf(map.overlay).finally(() => {
    tf.dispose([map.values, map.overlay]);
  });
}

export type Prediction = Omit<ShownPicture, 'picture' | 'map'>;

/** Which pictures of an evaluation are shown, by their places in it. */
export interface Chosen {
  readonly mostWrong: readonly number[];
  readonly leastSure: readonly number[];
}

/** Predictions with this probability are not in doubt. */
const SURE = 0.9;

/** Chooses wrong predictions with high probabilities, and predictions with low ones. */
export function choose(evaluation: ConfusionEvaluation, count: number): Chosen {
  const { truth, predicted, confidences } = evaluation;
  const rising = [...truth.keys()].sort((a, b) => (confidences[a] ?? 0) - (confidences[b] ?? 0));
  const isUnsure = (i: number) => (confidences[i] ?? 0) < SURE;
  const isWrong = (i: number) => truth[i] !== predicted[i];
  const mostWrong = rising.filter(isWrong).reverse().slice(0, count);
  const shown = new Set(mostWrong);
  return {
    mostWrong,
    leastSure: rising.filter((i) => !shown.has(i) && isUnsure(i)).slice(0, count),
  };
}

/** A prediction of an evaluation. */
export function predictionOf(
  { classes }: Classifier,
  { truth, predicted, confidences, paths }: ConfusionEvaluation,
  index: number,
): Prediction {
  return {
    name: paths?.[index] ?? `picture ${index + 1}`,
    label: classes[truth[index] ?? -1] ?? '',
    predicted: classes[predicted[index] ?? -1] ?? '',
    probability: confidences[index] ?? NaN,
  };
}

/** Draws a picture with the activation map of what is predicted. */
export const drawShown = async (
  classifier: Classifier,
  prediction: Prediction,
  picture: Picture | undefined,
): Promise<ShownPicture> => ({
  ...prediction,
  picture: picture && (await pictureUrl(picture, classifier)),
  map: picture && (await mapUrl(picture, classifier, prediction.predicted)),
});
