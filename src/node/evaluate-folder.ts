import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { preprocess } from '../base/preprocess.js';
import { ArgumentError, requireOneOf, requireOptions } from '../errors.js';
import { imageProbabilities, likeliest, readScores, scoreKindOf } from '../model/scores.js';
import type { Classifier } from '../train/classifier.js';
import { type PictureRecord, recorded, recordedIn } from '../train/picture-record.js';
import { hashImages, partByLabel, pathsOf } from './images/duplicates.js';
import { type FolderImage, ImageError, imageBatches, readImageFolder } from './images/index.js';
import { readLayout } from './images/parts.js';

export interface EvaluateOptions {
  /**
   * `'unseen'` leaves out the pictures that the classifier was trained on, unless the folder has no others; `'all'`
   * measures them too.
   * @default 'unseen'
   */
  readonly pictures?: 'unseen' | 'all';
  /** @default 32 */
  readonly batchSize?: number;
  readonly strict?: boolean;
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  /** Called with the number of pictures done since the last call; before the first batch with 0. */
  readonly onProgress?: (images: number, total: number) => void;
}

/** What a classifier made of pictures, by the numbers of its classes. */
export interface Evaluation {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly images: readonly FolderImage[];
  /** How many of `images` the classifier was trained on; nothing where its metadata doesn't say. */
  readonly trainedOn: number | undefined;
  /** How many pictures were left out because the classifier was trained on them. */
  readonly leftOut: number;
  /** Paths of the same picture in two classes or more; these pictures are left out, too. */
  readonly ambiguous: readonly (readonly string[])[];
}

/** The folder with the classes: the one that was named, or that of the validation pictures in it. */
async function folderOfClasses(folder: string, known: readonly string[]): Promise<string> {
  const { train, validation, test, others } = await readLayout(folder);
  const names = [...train, ...validation, ...test, ...others];
  const isOfClasses = names.every((name) => known.includes(name));
  const [only] = validation;
  if (isOfClasses || others.length > 0 || validation.length > 1 || only === undefined)
    return folder;
  return join(folder, only);
}

/** Says of a picture whether a classifier was trained on it. */
function memoryOf(record: PictureRecord | undefined): (image: FolderImage) => boolean {
  const train = recordedIn(record?.train ?? '');
  return ({ sha256 }) => sha256 !== undefined && train.has(recorded(sha256));
}

/**
 * Runs a classifier over a folder of pictures with one sub-folder for each class, or over the validation pictures of a
 * folder that {@link readParts} reads. By default it leaves out those that it was trained on, told by their content:
 * of the folder that it was trained on, it measures the pictures that were held out.
 *
 * @throws ArgumentError where the folder has a class that the classifier doesn't know, or no picture in one class only;
 *   ImageError where no picture can be decoded
 */
export async function evaluateFolder(
  { model, metadata }: Classifier,
  folder: string,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  requireOptions('options', options);
  const { pictures = 'unseen', onProgress } = options;
  requireOneOf('pictures', pictures, ['unseen', 'all']);
  const kind = scoreKindOf('model', model);
  const place = await folderOfClasses(folder, metadata.classes);
  const { classes, images: listed } = await readImageFolder(place);
  const known = classes.map((name) => metadata.classes.indexOf(name));
  const unknown = classes.find((_, i) => known[i] === -1);
  if (unknown !== undefined) {
    throw new ArgumentError(
      `${place}: expected folders of the classes ${metadata.classes.join(', ')}, got "${unknown}"; name the folder that holds those and no other`,
    );
  }
  const { unambiguous, ambiguous } = partByLabel(await hashImages(listed));
  if (unambiguous.length === 0) {
    throw new ArgumentError(
      `${place}: expected pictures in one class only, got each in several; remove the copies`,
    );
  }
  const wasTrainedOn = memoryOf(metadata.pictures);
  const unseen = unambiguous.filter((image) => !wasTrainedOn(image));
  // A file that is no picture doesn't count: it is only named.
  const hasUnseen = unseen.some(({ sha256 }) => sha256 !== undefined);
  const images = pictures === 'unseen' && hasUnseen ? unseen : unambiguous;
  const [height, width] = metadata.inputSize;
  const [truth, predicted, used]: [number[], number[], FolderImage[]] = [[], [], []];
  onProgress?.(0, images.length);
  for await (const batch of imageBatches(images, { ...options, height, width })) {
    let scores: tf.Tensor2D;
    try {
      scores = tf.tidy(() => {
        const found = model.predictOnBatch(preprocess(batch.pixels, metadata.preprocessing));
        return imageProbabilities(found as tf.Tensor, kind);
      });
    } finally {
      batch.pixels.dispose();
    }
    const [, count] = scores.shape;
    predicted.push(...likeliest(await readScores(scores), count));
    truth.push(...batch.images.map(({ label }) => known[label] ?? -1));
    used.push(...batch.images);
    onProgress?.(batch.images.length, images.length);
  }
  if (used.length === 0) {
    throw new ImageError(
      `${place}: expected pictures that can be decoded, got none among ${images.length}`,
    );
  }
  return {
    ...{ truth, predicted, images: used },
    trainedOn: metadata.pictures && used.filter(wasTrainedOn).length,
    leftOut: unambiguous.length - images.length,
    ambiguous: pathsOf(ambiguous),
  };
}
