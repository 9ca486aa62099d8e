import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { attachHead } from '../model/attach.js';
import { disposeHeadOf } from '../model/dispose.js';
import { requireClassWeights } from '../train/class-weights.js';
import { type ClassifierMetadata, createClassifier } from '../train/classifier.js';
import { fitHead } from '../train/fit-head.js';
import { recordPictures } from '../train/picture-record.js';
import type { Outcome } from '../train/training-loop.js';
import { hashModel } from '../weights/hash-model.js';
import { saveClassifier } from './classifier-folder.js';
import { extractFolder, type ExtractFolderOptions, type FolderFeatures } from './extract-folder.js';
import type { Duplicates } from './images/duplicates.js';
import type { FolderImage } from './images/folder.js';
import { type Parts, readParts, requirePictureOfEach } from './images/parts.js';
import { requireBase, requireParts, requireScores, requireTrainOptions } from './train-checks.js';
import type { TrainFolderOptions, TrainProgress } from './train-options.js';
import { checkpointOf, openCheckpoint, settingsOf } from './training-run.js';
import { removeFile } from './write/file.js';

/** What came of training on a folder. */
export interface TrainedFolder extends Outcome {
  readonly classes: readonly string[];
  /** Pictures that were trained on, and that were validated on. */
  readonly images: { readonly train: number; readonly validation: number };
  /** Pictures that were left out, as they stand in two classes or in both parts. */
  readonly duplicates: Duplicates;
  /** How many of them were run through the base, and not had from the cache. */
  readonly computed: number;
}

/** Base and head as a classifier in a folder. */
async function save(
  base: tf.LayersModel,
  head: tf.LayersModel,
  metadata: Omit<ClassifierMetadata, 'version'>,
  out: string,
): Promise<void> {
  const model = attachHead(base, head);
  try {
    const classifier = createClassifier(model, metadata);
    await saveClassifier(classifier, out);
  } finally {
    disposeHeadOf(model, base);
  }
}

const hashesOf = (images: readonly FolderImage[]): string[] =>
  images.flatMap(({ sha256 }) => sha256 ?? []);

/**
 * Trains a head on a folder of pictures, and saves it with its base as a classifier. Features are computed
 * once; a state is kept after each epoch, so that a run that was broken off can be resumed to the same
 * weights as an unbroken one.
 *
 * @param base with known height and width; it stays yours
 * @param source a folder that {@link readParts} reads, or what it gave
 * @throws ArgumentError where the folder, the base or an option is wrong, and where `out` holds anything but a
 *   classifier of this package or can't be written, before any picture is decoded; also where the checkpoint that is there
 *   is of another run, or there is none to resume. ImageError where no picture of a class can be decoded
 * @throws the signal's reason, where it comes before the first epoch is done
 */
export async function trainFolder(
  base: tf.LayersModel,
  source: string | Parts,
  options: TrainFolderOptions,
): Promise<TrainedFolder> {
  await requireTrainOptions(options);
  const { head, preprocessing, out, resume = false, validation, seed, classWeights } = options;
  const inputSize = requireBase(base);
  if (typeof source !== 'string') requireParts(source, validation);
  const path = await checkpointOf(out);
  const parts =
    typeof source === 'string'
      ? await readParts(source, {
          ...(validation === undefined ? {} : { validation }),
          ...(seed === undefined ? {} : { seed }),
        })
      : source;
  const { classes } = parts;
  requireScores(head, base, classes);
  requireClassWeights(classWeights, classes.length);
  const baseSha256 = await hashModel(base);
  const settings = await settingsOf(base, baseSha256, parts, options);
  const checkpoint = await openCheckpoint(path, settings, resume);
  const { onProgress, onWarning, ...others } = options;
  let hasWarned = false;
  const extraction = (part: TrainProgress['part']): ExtractFolderOptions => ({
    ...others,
    ...{ preprocessing, inputSize, baseSha256 },
    onWarning: (warning) => {
      // Both parts have the same cache.
      if (!hasWarned) onWarning?.(warning);
      hasWarned = true;
    },
    ...(onProgress && {
      onProgress: (progress) => {
        onProgress({ ...progress, part });
      },
    }),
  });
  const features: FolderFeatures[] = [];
  try {
    const training = await extractFolder(base, parts.train, extraction('training'));
    features.push(training);
    requirePictureOfEach(classes, parts.train, training.images);
    const held = await extractFolder(base, parts.validation, extraction('validation'));
    features.push(held);
    if (!resume) await removeFile(path);
    await mkdir(dirname(path), { recursive: true });
    const result = await fitHead(head, training, { ...options, validation: held, checkpoint });
    try {
      // An untrained head is no classifier.
      if (result.history.length === 0) options.signal?.throwIfAborted();
      const pictures = recordPictures(hashesOf(training.images), hashesOf(held.images));
      const metadata = { classes, preprocessing, inputSize, baseSha256, pictures };
      await save(base, result.head, metadata, out);
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
      duplicates: parts.duplicates,
    };
  } finally {
    tf.dispose(features.map(({ values }) => values));
  }
}
