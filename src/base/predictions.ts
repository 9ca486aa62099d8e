import type * as tf from '@tensorflow/tfjs';
import { reject, requireOptions, requirePositiveInteger } from '../errors.js';

/** One of ImageNet's classes, as a picture was scored for it. */
export interface Prediction {
  /** WordNet's id, e.g. `n02123045`. */
  readonly wnid: string;
  readonly className: string;
  readonly probability: number;
}

export interface DecodeOptions {
  /** How many of the likeliest classes to name for each picture. @default 5 */
  readonly top?: number;
}

/** Classes of ImageNet-1k, which published tops score. */
export const IMAGENET_NUM_CLASSES = 1000;

/**
 * Names the likeliest ImageNet classes of each picture, the likeliest first. The names (20 kB) are loaded
 * when this is called first.
 *
 * @param probabilities `[pictures, 1000]`, as a ResNet with its top gives them; still yours to dispose
 * @throws ArgumentError where that is not their shape
 */
export async function decodePredictions(
  probabilities: tf.Tensor,
  options: DecodeOptions = {},
): Promise<Prediction[][]> {
  requireOptions('options', options);
  const { top = 5 } = options;
  requirePositiveInteger('top', top);
  const { shape } = probabilities;
  if (shape.length !== 2 || shape[1] !== IMAGENET_NUM_CLASSES) {
    reject(
      'probabilities',
      `the shape [pictures, ${IMAGENET_NUM_CLASSES}]`,
      shape,
      'only a model with the top of ImageNet gives these',
    );
  }
  const { IMAGENET_CLASSES } = await import('./imagenet-classes.js');
  const classes = IMAGENET_CLASSES.trim().split('\n');
  const scores = await probabilities.data();
  return Array.from({ length: shape[0] }, (_, picture) => {
    const start = picture * IMAGENET_NUM_CLASSES;
    const own = [...scores.subarray(start, start + IMAGENET_NUM_CLASSES)];
    return [...own.keys()]
      .sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0))
      .slice(0, top)
      .map((index) => {
        const [wnid = '', ...name] = (classes[index] ?? '').split(' ');
        return { wnid, className: name.join(' '), probability: own[index] ?? 0 };
      });
  });
}
