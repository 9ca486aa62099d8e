import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, type Names, requireKnown } from '../errors.js';
import { onnxOf } from '../onnx/base.js';
import type { ImageFormat, Part } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import type { Progress } from '../progress.js';
import { seedAt } from '../random.js';
import { requireClassWeights, weightsByClass } from '../train/class-weights.js';
import { refuseClassWeights } from '../train/multi-label.js';
import { FINE_TUNE_EPOCHS, fineTune, type FineTuneSettings } from '../train/fine-tune.js';
import { requireOptionTypes } from '../train/option-types.js';
import { TRAINING_NAMES } from '../train/training-options.js';
import type { AdamOutcome } from '../train/course.js';
import { tellEpochs } from './epoch-progress.js';
import { chooseThresholdsOn } from './choose-thresholds.js';
import { partedAs, type PictureRecord, withPictures } from './picture-record.js';
import { readForTraining } from './read-for-training.js';
import { type Refitted, refit } from './refit.js';

/** Options of `Classifier.fineTune`. */
export interface FineTuneOptions extends FineTuneSettings {
  /**
   * Fraction of each class to hold out (0 for none), or pictures to validate on.
   * @default the pictures held out in training; of others, their validation part or else 0.2
   */
  readonly validation?: number | Pictures;
  /** Paths of picture files to leave out, as in training. @default none */
  readonly exclude?: readonly (string | URL)[];
  /** Pictures per step. @default 16 */
  readonly batchSize?: number;
  /** Whether to throw on a picture that can't be decoded, rather than skip it. @default false */
  readonly strict?: boolean;
  /** Called with the number of finished epochs. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called for each picture that is skipped because it can't be decoded. */
  readonly onWarning?: (warning: Error) => void;
}

const FINE_TUNE_NAMES: Names<FineTuneOptions> = {
  ...TRAINING_NAMES,
  select: true,
  epochs: true,
  learningRate: true,
  seed: true,
  validation: true,
  exclude: true,
  batchSize: true,
  strict: true,
  onProgress: true,
  onWarning: true,
};

/** Kind of the seeds that determine the order of an epoch's pictures. */
const ORDER = 2;

function requireRepeatable(subject: string, part: Part): void {
  if (part.isRepeatable) return;
  throw new ArgumentError(
    `${subject}: expected batches that can be read once per epoch, got a generator, which can be read only once; pass a function that returns a new one`,
  );
}

/** Resolves class weights: the classes of files are known before any is decoded. */
function classWeightsOf({ files }: Part, { classWeights }: FineTuneOptions, classes: number) {
  requireClassWeights(classWeights, classes);
  if (files === undefined) return classWeights;
  const labels = Int32Array.from(files, ({ label }) => label);
  const weights = weightsByClass(classWeights, labels, classes);
  return weights && [...weights];
}

export interface FineTuned {
  readonly outcome: AdamOutcome;
  readonly thresholds: readonly number[] | undefined;
  readonly record: PictureRecord | undefined;
  /** Undefined if no epoch was completed, so that the model is as before. */
  readonly refitted: Refitted | undefined;
}

/** The classifier to fine-tune. */
interface Subject {
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  /** For each class, if pictures can have several labels. */
  readonly thresholds: readonly number[] | undefined;
  readonly format: ImageFormat;
  readonly record: PictureRecord | undefined;
}

/** @throws ArgumentError if a model's backbone is an ONNX file */
export function requireTrainable(model: tf.LayersModel): void {
  if (onnxOf(model) === undefined) return;
  throw new ArgumentError(
    'fineTune: expected a backbone of TensorFlow.js, got an ONNX file, which can run but not learn; train a new head instead',
  );
}

/** Fine-tunes a model in place. On an error, it gets back the weights that it had before. */
export async function fineTuneOn(
  { model, classes, thresholds, format, record }: Subject,
  pictures: Pictures,
  options: FineTuneOptions,
): Promise<FineTuned> {
  requireKnown('options', options, FINE_TUNE_NAMES);
  requireOptionTypes(options);
  const { validation: share, exclude, batchSize, strict, ...others } = options;
  const { onProgress, onWarning, ...settings } = others;
  const { seed = 0, signal } = settings;
  const multiLabel = thresholds !== undefined;
  if (multiLabel) refuseClassWeights(options.classWeights);
  const named = { classes, validation: share, exclude, seed, multiLabel };
  const read = await readForTraining(pictures, named);
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
  const hasChanged = outcome.history.length > 0;
  let chosen = thresholds;
  if (multiLabel && validation !== undefined) {
    chosen = await chooseThresholdsOn(model, validation.batches(format, pass));
  }
  return {
    outcome,
    record: withPictures(record, { ...read, train, validation }),
    thresholds: chosen,
    // A temperature would move the probabilities away from the thresholds, and sets of labels have no centre.
    refitted:
      hasChanged && !multiLabel ? await refit(model, { train, validation }, format) : undefined,
  };
}
