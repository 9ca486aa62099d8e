import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import { ArgumentError, requireOptions } from '../errors.js';
import type { Head } from '../head/head.js';
import { attachHead } from '../model/attach.js';
import { disposeHeadOf } from '../model/dispose.js';
import { createClassifier } from '../train/classifier.js';
import type { ExtractProgress } from '../train/features.js';
import { fitHead, type FitHeadOptions } from '../train/fit-head.js';
import type { Outcome } from '../train/fitting.js';
import { sha256 } from '../weights/download/integrity.js';
import { hashModel } from '../weights/hash-model.js';
import { checkpointFile } from './checkpoint-file.js';
import { CLASSIFIER, saveClassifier } from './classifier-folder.js';
import type { EngineName } from './engine/index.js';
import { extractFolder, type ExtractFolderOptions, type FolderFeatures } from './extract-folder.js';
import { type FolderImage, type ImageError, readImageFolder, splitImages } from './images/index.js';
import { removeFile } from './write/file.js';
import { requireFolder } from './write/folder.js';

export interface TrainFolderOptions extends Pick<
  FitHeadOptions,
  'epochs' | 'batchSize' | 'learningRate' | 'patience' | 'classWeights' | 'callbacks'
> {
  readonly head: Head;
  /** How the base wants its pixels. */
  readonly preprocessing: Preprocessing;
  /**
   * Where the classifier is written when training has ended; one that is there stays until then. The state after each
   * epoch is kept beside it, in `<out>.checkpoint.safetensors`.
   */
  readonly out: string;
  /**
   * The part of each class that is held out to validate on, where the folder has no `train` and `val`.
   * @default 0.2
   */
  readonly validation?: number;
  /** Makes two runs the same. @default 0 */
  readonly seed?: number;
  /** Whether to go on with a run that was broken off. @default false: it begins anew */
  readonly resume?: boolean;
  /** Where features are kept. @default nowhere */
  readonly cacheFolder?: string;
  /** What runs the base; see {@link EngineName}. @default TensorFlow's graph under tfjs-node, else the layers */
  readonly engine?: EngineName;
  /** Whether a picture that can't be decoded ends it. @default false */
  readonly strict?: boolean;
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  readonly onProgress?: (progress: ExtractProgress) => void;
  /** Ends training after the epoch at hand; the classifier is saved all the same. */
  readonly signal?: AbortSignal;
}

/** What came of training on a folder. */
export interface TrainedFolder extends Outcome {
  readonly classes: readonly string[];
  /** Pictures that were trained on, and that were validated on. */
  readonly images: { readonly train: number; readonly validation: number };
  /** How many of them were run through the base, and not had from the cache. */
  readonly computed: number;
}

/** Pictures to train on, and to validate on. */
export interface Parts {
  readonly classes: readonly string[];
  readonly train: readonly FolderImage[];
  readonly validation: readonly FolderImage[];
}

/** Follows the name of the classifier's folder. */
const CHECKPOINT = '.checkpoint.safetensors';
const UNSEEN = ['val', 'validation', 'test'] as const;

/**
 * Reads a folder of pictures: with `train` and `val` (or `validation`, `test`) in it, each with a folder a
 * class, as they are; else a folder a class, of which a part is held out.
 *
 * @throws ArgumentError where the parts have other classes, or there are no pictures
 */
export async function readParts(
  folder: string,
  { validation = 0.2, seed = 0 }: { readonly validation?: number; readonly seed?: number } = {},
): Promise<Parts> {
  const unseen = UNSEEN.find((name) => existsSync(join(folder, name)));
  if (unseen === undefined || !existsSync(join(folder, 'train'))) {
    const { classes, images } = await readImageFolder(folder);
    return { classes, ...splitImages(images, { validation, seed }) };
  }
  const [train, held] = await Promise.all(
    ['train', unseen].map((part) => readImageFolder(join(folder, part))),
  );
  const [classes, others] = [train?.classes ?? [], held?.classes ?? []];
  if (classes.join('\0') !== others.join('\0')) {
    throw new ArgumentError(
      `${folder}: expected the same classes in train and ${unseen}, got ${classes.join(', ')} and ${others.join(', ')}`,
    );
  }
  return { classes, train: train?.images ?? [], validation: held?.images ?? [] };
}

/** Whatever decides what a run comes to. */
async function runKey(
  training: FolderFeatures,
  validation: FolderFeatures,
  options: TrainFolderOptions,
): Promise<string> {
  const { head, epochs, batchSize, learningRate, classWeights, patience, seed } = options;
  const hashes = await Promise.all(
    [training, validation].map(async ({ values, labels }) => {
      const data = Float32Array.from(await values.data());
      return [await sha256(new Uint8Array(data.buffer)), labels.join()];
    }),
  );
  const settings = [head.name, epochs, batchSize, learningRate, classWeights, patience, seed];
  return sha256(new TextEncoder().encode(JSON.stringify([hashes, settings])));
}

/** Base and head as a classifier in a folder. */
async function save(
  base: tf.LayersModel,
  head: tf.LayersModel,
  baseSha256: string,
  classes: readonly string[],
  { preprocessing, out }: TrainFolderOptions,
): Promise<void> {
  const [, height = 0, width = 0] = base.inputs[0]?.shape as number[];
  const model = attachHead(base, head);
  try {
    const classifier = createClassifier(model, {
      classes,
      preprocessing,
      inputSize: [height, width],
      baseSha256,
    });
    await saveClassifier(classifier, out);
  } finally {
    disposeHeadOf(model, base);
  }
}

/**
 * Trains a head on a folder of pictures, and saves it with its base as a classifier. Features are computed
 * once; a state is kept after each epoch, so that a run that was broken off can be resumed to the same
 * weights as an unbroken one.
 *
 * @param base with known height and width; it stays yours
 * @throws ArgumentError where the folder, the base or an option is wrong, and where `out` holds anything but a
 *   classifier of this package or can't be written; before any picture is read
 */
export async function trainFolder(
  base: tf.LayersModel,
  folder: string,
  options: TrainFolderOptions,
): Promise<TrainedFolder> {
  requireOptions('options', options);
  const { head, preprocessing, out, resume = false, validation, seed } = options;
  const [, height, width] = base.inputs[0]?.shape ?? [];
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw new ArgumentError('base: expected a known height and width, got open ones');
  }
  const path = (await requireFolder(out, CLASSIFIER)) + CHECKPOINT;
  const { classes, ...parts } = await readParts(folder, {
    ...(validation === undefined ? {} : { validation }),
    ...(seed === undefined ? {} : { seed }),
  });
  const baseSha256 = await hashModel(base);
  const extraction: ExtractFolderOptions = {
    ...options,
    preprocessing,
    inputSize: [height, width],
    baseSha256,
  };
  const features: FolderFeatures[] = [];
  try {
    for (const images of [parts.train, parts.validation]) {
      features.push(await extractFolder(base, images, extraction));
    }
    const [training, held] = features as [FolderFeatures, FolderFeatures];
    if (!resume) await removeFile(path);
    await mkdir(dirname(path), { recursive: true });
    const checkpoint = checkpointFile(path, await runKey(training, held, options));
    const result = await fitHead(head, training, { ...options, validation: held, checkpoint });
    try {
      await save(base, result.head, baseSha256, classes, options);
    } finally {
      result.head.dispose();
    }
    // A run that was told to end can be gone on with.
    if (result.endedBy !== 'signal') await removeFile(path);
    const { history, bestEpoch, endedBy } = result;
    return {
      ...{ history, bestEpoch, endedBy, classes },
      images: { train: training.labels.length, validation: held.labels.length },
      computed: training.computed + held.computed,
    };
  } finally {
    tf.dispose(features.map(({ values }) => values));
  }
}
