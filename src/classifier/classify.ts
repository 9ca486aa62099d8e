import * as tf from '@tensorflow/tfjs';
import { ArgumentError, present, reject, requireKnown, requirePositiveInteger } from '../errors.js';
import { imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import { decodePicture } from '../pictures/decode.js';
import type { ImageFormat } from '../pictures/set.js';
import type { Picture } from '../pictures/types.js';
import { imagesOfViews } from '../pictures/view-images.js';
import { requireViews } from '../pictures/views.js';
import {
  type Familiarity,
  FAMILIARITY_FILE,
  LEAST_HELD_OUT,
  shareBeyond,
  UNFAMILIAR,
} from './familiarity/familiarity.js';
import type { Classification, ClassifyOptions, Recognition } from './types.js';

/** The parts of a classifier that fine-tuning replaces. */
export interface Current {
  readonly model: tf.LayersModel;
  readonly familiarity: Familiarity | undefined;
  /** For each class, if pictures can have several labels. */
  readonly thresholds: readonly number[] | undefined;
}

/** The classifier that classifies pictures. */
export interface Subject {
  readonly classes: readonly string[];
  readonly format: ImageFormat;
  /** @throws ArgumentError if it has been disposed */
  readonly current: () => Current;
}

/**
 * Returns all classes of a picture, the most likely first.
 *
 * @param images preprocessed: the picture, then views of it, whose probabilities are averaged
 */
export async function recognise(
  { classes, current }: Subject,
  images: tf.Tensor4D,
  measures: boolean,
): Promise<Recognition | { readonly familiarity?: never; readonly classes: Classification[] }> {
  const measure = measures && (await import('./familiarity/measure.js')).scoresAndDistances;
  // Read together, as fine-tuning replaces all of them.
  const { model, familiarity, thresholds } = current();
  const known = measures ? present(familiarity, 'familiarity') : undefined;
  const [scores, distances] = tf.tidy(() => {
    const [outputs, distances] =
      measure && known
        ? measure(model, known, images)
        : [model.predict(images) as tf.Tensor, undefined];
    return [imageProbabilities(outputs, scoreKindOf('model', model)).mean<tf.Tensor>(0), distances];
  });
  const [found, distance] = await Promise.all([
    readScores(present(scores, 'scores')),
    distances && readScores(distances),
  ]);
  const sorted = classes
    .map((className, i) => {
      const probability = found[i] ?? NaN;
      const threshold = thresholds?.[i];
      return threshold === undefined
        ? { className, probability }
        : { className, probability, present: probability >= threshold };
    })
    .sort((a, b) => b.probability - a.probability);
  if (known === undefined) return { classes: sorted };
  const familiar = shareBeyond(known.heldOut, present(distance?.[0], 'distance'));
  return { familiarity: familiar, classes: sorted };
}

/** Checks the options, which may come from JavaScript; tells whether familiarity has to be measured. */
function requireOptionsOf({ current }: Subject, options: ClassifyOptions): boolean {
  requireKnown('options', options, { top: true, reject: true, familiarity: true, views: true });
  const { top = 1, reject: rejects = false, familiarity = false } = options;
  requirePositiveInteger('top', top);
  requireViews(options.views);
  for (const [name, value] of Object.entries({ reject: rejects, familiarity })) {
    if (typeof value !== 'boolean') reject(name, 'true or false', value);
    if (!value || current().familiarity !== undefined) continue;
    const got =
      current().thresholds === undefined
        ? `one without ${FAMILIARITY_FILE}; trainClassifier saves it if it has ${LEAST_HELD_OUT} pictures or more with one label each: train on more pictures, or omit this option`
        : 'one with several labels per picture; omit this option';
    throw new ArgumentError(
      `${name}: expected a classifier that knows how familiar pictures are, got ${got}`,
    );
  }
  return rejects || familiarity;
}

/** A picture and its views, preprocessed, in one tensor. */
async function imagesOf(
  picture: Picture,
  { format: { inputSize, preprocessing } }: Subject,
  views: ClassifyOptions['views'],
): Promise<tf.Tensor4D> {
  const made: tf.Tensor4D[] = [await decodePicture(picture, inputSize)];
  try {
    const [pixels] = made as [tf.Tensor4D];
    for await (const each of imagesOfViews(pixels, views, preprocessing)) made.push(each);
    return tf.concat(made.slice(1));
  } finally {
    tf.dispose(made);
  }
}

/** Implements `Classifier.classify` for each of the pictures. */
export async function classifyAll(
  subject: Subject,
  pictures: readonly Picture[],
  options: ClassifyOptions,
): Promise<(Classification[] | Recognition)[]> {
  const measures = requireOptionsOf(subject, options);
  const { top = subject.classes.length, reject: rejects = false, views } = options;
  const all: (Classification[] | Recognition)[] = [];
  for (const picture of pictures) {
    const images = await imagesOf(picture, subject, views);
    try {
      const { familiarity = 1, classes } = await recognise(subject, images, measures);
      const shown = rejects && familiarity < UNFAMILIAR ? [] : classes.slice(0, top);
      all.push(options.familiarity === true ? { familiarity, classes: shown } : shown);
    } finally {
      images.dispose();
    }
  }
  return all;
}
