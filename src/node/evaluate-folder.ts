import * as tf from '@tensorflow/tfjs';
import { preprocess } from '../base/preprocess.js';
import { ArgumentError, requireOptions } from '../errors.js';
import { readAndDispose } from '../model/dispose.js';
import { imageScores } from '../model/scores.js';
import type { Classifier } from '../train/classifier.js';
import {
  type FolderImage,
  type ImageError,
  imageBatches,
  readImageFolder,
} from './images/index.js';

export interface EvaluateOptions {
  /** @default 32 */
  readonly batchSize?: number;
  readonly strict?: boolean;
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  /** Called with the number of pictures done since it was called last. */
  readonly onProgress?: (images: number, total: number) => void;
}

/** What a classifier made of pictures, by the numbers of its classes. */
export interface Evaluation {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly images: readonly FolderImage[];
}

/**
 * Runs a classifier over a folder of pictures, a sub-folder a class.
 *
 * @throws ArgumentError where the folder has a class that the classifier doesn't know
 */
export async function evaluateFolder(
  { model, metadata }: Classifier,
  folder: string,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  requireOptions('options', options);
  const { classes, images } = await readImageFolder(folder);
  const known = classes.map((name) => metadata.classes.indexOf(name));
  const unknown = classes.find((_, i) => known[i] === -1);
  if (unknown !== undefined) {
    throw new ArgumentError(
      `${folder}: expected folders of the classes ${metadata.classes.join(', ')}, got "${unknown}"; name the folder that holds those and no other`,
    );
  }
  const [height, width] = metadata.inputSize;
  const [truth, predicted, used]: [number[], number[], FolderImage[]] = [[], [], []];
  for await (const batch of imageBatches(images, { ...options, height, width })) {
    let found: tf.Tensor;
    try {
      found = tf.tidy(() => {
        const scores = model.predictOnBatch(preprocess(batch.pixels, metadata.preprocessing));
        return imageScores(scores as tf.Tensor).argMax(1);
      });
    } finally {
      batch.pixels.dispose();
    }
    predicted.push(...(await readAndDispose(found)));
    truth.push(...batch.images.map(({ label }) => known[label] ?? -1));
    used.push(...batch.images);
    options.onProgress?.(batch.images.length, images.length);
  }
  return { truth, predicted, images: used };
}
