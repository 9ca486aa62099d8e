import type * as tf from '@tensorflow/tfjs';
import { type Names, reject, requireKnown } from '../errors.js';
import type { ImageFormat, Part } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import type { Progress } from '../progress.js';
import { seedAt } from '../random.js';
import { requireClassWeights, weightsByClass } from '../train/class-weights.js';
import { FINE_TUNE_EPOCHS, fineTune, type FineTuneSettings } from '../train/fine-tune.js';
import { TRAINING_NAMES } from '../train/training-options.js';
import type { Outcome } from '../train/training-loop.js';
import { tellEpochs } from './epoch-progress.js';
import { partedAs, type PictureRecord, withPictures } from './picture-record.js';
import { readForTraining } from './read-for-training.js';

/** How a classifier is trained on, its backbone included. */
export interface FineTuneOptions extends FineTuneSettings {
  /**
   * The share of each class that is held out, 0 for none, or pictures to validate on.
   * @default those that were held out in training; of others 0.2, where they have no part for it
   */
  readonly validation?: number | Pictures;
  /** Pictures in a step. @default 16 */
  readonly batchSize?: number;
  /** Whether a picture that can't be decoded ends it, rather than being left out. @default false */
  readonly strict?: boolean;
  /** Told of the epochs that are done. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told of each picture that is left out as it can't be decoded. */
  readonly onWarning?: (warning: Error) => void;
}

const FINE_TUNE_NAMES: Names<FineTuneOptions> = {
  ...TRAINING_NAMES,
  select: true,
  epochs: true,
  learningRate: true,
  seed: true,
  validation: true,
  batchSize: true,
  strict: true,
  onProgress: true,
  onWarning: true,
};

/** The order of an epoch's pictures is drawn from seeds of its own. */
const ORDER = 2;

function requireRepeatable(subject: string, part: Part): void {
  if (part.isRepeatable) return;
  reject(
    subject,
    'batches that can be gone through once an epoch',
    'a generator, which gives them once',
    'hand in a function that returns a new one',
  );
}

/** Classes of files are known: none has to be decoded to count them. */
function classWeightsOf({ files }: Part, { classWeights }: FineTuneOptions, classes: number) {
  requireClassWeights(classWeights, classes);
  if (files === undefined) return classWeights;
  const labels = Int32Array.from(files, ({ label }) => label);
  const weights = weightsByClass(classWeights, labels, classes);
  return weights && [...weights];
}

export interface FineTuned {
  readonly outcome: Outcome;
  readonly record: PictureRecord | undefined;
}

/** What is trained on. */
interface Subject {
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  readonly format: ImageFormat;
  readonly record: PictureRecord | undefined;
}

/** Trains a model on, in place, on pictures. On an error its weights are those that it had before. */
export async function fineTuneOn(
  { model, classes, format, record }: Subject,
  pictures: Pictures,
  options: FineTuneOptions,
): Promise<FineTuned> {
  requireKnown('options', options, FINE_TUNE_NAMES);
  const { validation: share, batchSize, strict, onProgress, onWarning, ...settings } = options;
  const { seed = 0, signal } = settings;
  const read = await readForTraining(pictures, { classes, validation: share, seed });
  const { train, validation } = share === undefined ? partedAs(record, read) : read;
  requireRepeatable('pictures', train);
  if (validation) requireRepeatable('validation', validation);
  const pass = { batchSize, strict, signal, onWarning };
  const classWeights = classWeightsOf(train, options, classes.length);
  const { epochs = FINE_TUNE_EPOCHS } = settings;
  const outcome = await fineTune(
    model,
    (epoch) => train.batches(format, { ...pass, seed: seedAt(seed, ORDER, epoch) }),
    {
      ...settings,
      onEpoch: tellEpochs({ onProgress, onEpoch: settings.onEpoch }, epochs),
      ...(classWeights && { classWeights }),
      ...(validation && { validation: () => validation.batches(format, pass) }),
    },
  );
  return { outcome, record: withPictures(record, train, validation) };
}
