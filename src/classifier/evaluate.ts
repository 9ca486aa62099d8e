import * as tf from '@tensorflow/tfjs';
import { PictureError, requireKnown } from '../errors.js';
import { calibrationOf } from '../explain/calibration.js';
import { confusionMatrix } from '../explain/confusion.js';
import { imageProbabilities, likeliest, readScores, scoreKindOf } from '../model/scores.js';
import type { ImageFormat, Part } from '../pictures/set.js';
import type { LabelledFile, Pictures } from '../pictures/types.js';
import { readPart } from '../pictures/read.js';
import { isIn, type PictureRecord } from './picture-record.js';
import type { EvaluateOptions, Evaluation } from './types.js';

/** The classifier to evaluate. */
export interface Subject {
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  readonly format: ImageFormat;
  /** The pictures that it was trained on. */
  readonly record: PictureRecord | undefined;
}

/** Leaves out pictures that the classifier was trained on, unless there are no others. */
function unseenOf(part: Part, wasTrainedOn: (file: LabelledFile) => boolean): Part {
  const unseen = part.files?.filter((file) => !wasTrainedOn(file)) ?? [];
  // Files without a hash aren't pictures, so they don't count.
  const hasUnseen = unseen.some(({ sha256 }) => sha256 !== undefined);
  return hasUnseen && part.only !== undefined ? part.only(unseen) : part;
}

/** Implements `Classifier.evaluate`. */
export async function evaluate(
  { model, classes, format, record }: Subject,
  pictures: Pictures,
  options: EvaluateOptions,
): Promise<Evaluation> {
  requireKnown('options', options, {
    all: true,
    batchSize: true,
    strict: true,
    signal: true,
    onProgress: true,
    onWarning: true,
  });
  const { all = false, onProgress, batchSize, strict, signal, onWarning } = options;
  const kind = scoreKindOf('model', model);
  const { part: whole, ambiguous } = await readPart(pictures, classes, { all });
  const wasTrainedOn = isIn(record?.train);
  const part = all ? whole : unseenOf(whole, wasTrainedOn);
  const [truth, predicted, confidences]: [number[], number[], number[]] = [[], [], []];
  const files: LabelledFile[] = [];
  const tell = () => {
    onProgress?.({ label: 'evaluation', done: truth.length, total: part.count, unit: 'pictures' });
  };
  tell();
  const batches = part.batches(format, { batchSize, strict, signal, onWarning });
  for await (const { images, labels, files: own = [] } of batches) {
    let scores: tf.Tensor2D;
    try {
      scores = tf.tidy(() => imageProbabilities(model.predictOnBatch(images) as tf.Tensor, kind));
    } finally {
      images.dispose();
    }
    const probabilities = await readScores(scores);
    const found = likeliest(probabilities, classes.length);
    predicted.push(...found);
    confidences.push(...found.map((index, i) => probabilities[i * classes.length + index] ?? NaN));
    truth.push(...labels);
    files.push(...own);
    tell();
  }
  if (truth.length === 0) {
    throw new PictureError(
      `pictures: expected pictures that can be decoded, got none among ${part.count ?? 0}`,
    );
  }
  return {
    ...confusionMatrix(truth, predicted, classes),
    ...{ truth, predicted, confidences },
    calibration: calibrationOf(
      truth.map((label, i) => predicted[i] === label),
      confidences,
    ),
    ...(part.files && { paths: files.map(({ path }) => path) }),
    // Unknown if the record is incomplete: some of these may have been trained on.
    trainedOn:
      record === undefined || record.partial === true || part.files === undefined
        ? undefined
        : files.filter(wasTrainedOn).length,
    heldOut: record && part.files && files.filter(isIn(record.validation)).length,
    leftOut: (whole.count ?? 0) - (part.count ?? 0),
    ambiguous,
  };
}
