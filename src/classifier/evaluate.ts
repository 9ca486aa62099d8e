import type * as tf from '@tensorflow/tfjs';
import { PictureError, refuseOptions, reject, requireKnown } from '../errors.js';
import { calibrationOf } from '../explain/calibration.js';
import { confusionMatrix } from '../explain/confusion.js';
import { multiLabelScores } from '../explain/multi-label.js';
import { classesIn, type LabelSet } from '../label-sets.js';
import { likeliest } from '../model/scores.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import { areFeatures, readWhole } from '../pictures/opened-features.js';
import type { ImageFormat, Part, WholePart } from '../pictures/set.js';
import type { LabelledFile, Pictures } from '../pictures/types.js';
import { imagesPerPicture, requireViews } from '../pictures/views.js';
import { byImage } from '../train/thresholds.js';
import { isIn, type PictureRecord } from './picture-record.js';
import { type Scored, scored } from './scored.js';
import type { Scorer } from './scorer.js';
import type { Scoring } from './scoring.js';
import type { EvaluateOptions, Evaluation } from './evaluation.js';

/** The classifier to evaluate. */
export interface Subject {
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  /** For each class, if pictures can have several labels. */
  readonly thresholds: readonly number[] | undefined;
  readonly format: ImageFormat;
  /** Starts what scores pixels. */
  readonly scoring: Scoring;
  /** The pictures that it was trained on. */
  readonly record: PictureRecord | undefined;
}

/** Leaves out pictures that the classifier was trained on or that were excluded from training, unless there are no others. */
function unseenOf(part: Part, isLeftOut: (file: LabelledFile) => boolean): Part {
  const unseen = part.files?.filter((file) => !isLeftOut(file)) ?? [];
  // Files without a hash aren't pictures, so they don't count.
  const hasUnseen = unseen.some(({ sha256 }) => sha256 !== undefined);
  return hasUnseen && part.only !== undefined ? part.only(unseen) : part;
}

/** Scores pictures, or features of pictures. */
async function* scoredIn(
  { model, format }: Subject,
  part: Part,
  scorer: Scorer | undefined,
  { batchSize, strict, views, signal, onWarning }: EvaluateOptions,
): AsyncGenerator<Scored> {
  if (scorer === undefined) {
    // On demand: most are pictures.
    const { scoredFeatures } = await import('./scored-features.js');
    yield* scoredFeatures(model, format, part, { batchSize, signal });
    return;
  }
  // Pixels, which the scorer scales.
  const pixels = { ...format, preprocessing: 'none' } as const;
  const batches = part.batches(pixels, { batchSize, strict, views, signal, onWarning });
  const run = async (each: tf.Tensor4D) => (await scorer.run(each)).scores;
  yield* scored(model, run, batches, imagesPerPicture(views));
}

/** Checks the options with features, of which there are no pictures. */
function refusePictureOptions({ views, strict = false }: EvaluateOptions): void {
  refuseOptions({ views }, 'with features');
  if (strict) reject('strict', 'none with features', strict);
}

/** Implements `Classifier.evaluate`. */
export async function evaluate(
  subject: Subject,
  pictures: Pictures | FeatureFiles,
  options: EvaluateOptions,
): Promise<Evaluation> {
  requireKnown('options', options, {
    all: true,
    views: true,
    batchSize: true,
    strict: true,
    signal: true,
    onProgress: true,
    onWarning: true,
  });
  requireViews(options.views);
  if (areFeatures(pictures)) refusePictureOptions(options);
  const { classes, thresholds } = subject;
  const { all = false } = options;
  const multiLabel = thresholds !== undefined;
  const whole = await readWhole('pictures', pictures, classes, { all, multiLabel });
  return whole.part.stored
    ? measure(subject, whole, undefined, options)
    : subject.scoring.use(subject.model, (scorer) => measure(subject, whole, scorer, options));
}

async function measure(
  subject: Subject,
  { part: whole, ambiguous }: WholePart,
  scorer: Scorer | undefined,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { classes, thresholds, record } = subject;
  const { all = false, onProgress } = options;
  const multiLabel = thresholds !== undefined;
  const wasTrainedOn = isIn(record?.train);
  const wasExcluded = isIn(record?.excluded);
  const part = all ? whole : unseenOf(whole, (file) => wasTrainedOn(file) || wasExcluded(file));
  const [truth, predicted, confidences]: [number[], number[], number[]] = [[], [], []];
  const files: LabelledFile[] = [];
  const [sets, probabilities]: [LabelSet[], number[][]] = [[], []];
  const tell = () => {
    onProgress?.({ label: 'evaluation', done: truth.length, total: part.count, unit: 'pictures' });
  };
  tell();
  for await (const batch of scoredIn(subject, part, scorer, options)) {
    const { scores, labels, labelSets, files: own = [] } = batch;
    if (multiLabel) {
      probabilities.push(...byImage(scores, classes.length));
      sets.push(...labels.map((label) => classesIn(label, labelSets)));
    } else {
      const found = likeliest(scores, classes.length);
      predicted.push(...found);
      confidences.push(...found.map((index, i) => scores[i * classes.length + index] ?? NaN));
    }
    truth.push(...labels);
    files.push(...own);
    tell();
  }
  if (truth.length === 0) {
    throw new PictureError(
      `pictures: expected pictures that can be decoded, got none among ${part.count ?? 0}`,
    );
  }
  const measured = {
    ...(part.files && { paths: files.map(({ path }) => path) }),
    // Unknown if the record is incomplete: some of these may have been trained on.
    trainedOn:
      record === undefined || record.partial === true || part.files === undefined
        ? undefined
        : files.filter(wasTrainedOn).length,
    heldOut: record && part.files && files.filter(isIn(record.validation)).length,
    leftOut: (whole.count ?? 0) - (part.count ?? 0),
    excluded: part === whole ? 0 : (whole.files?.filter(wasExcluded).length ?? 0),
    ambiguous,
  };
  if (thresholds === undefined) {
    const right = truth.map((label, i) => predicted[i] === label);
    return {
      ...confusionMatrix(truth, predicted, classes),
      ...{ truth, predicted, confidences },
      calibration: calibrationOf(right, confidences),
      ...measured,
    };
  }
  const measures = multiLabelScores(sets, probabilities, classes, thresholds);
  return { ...measures, truth: sets, ...measured };
}
