import * as tf from '@tensorflow/tfjs';
import {
  ArgumentError,
  type Names,
  present,
  reject,
  requireKnown,
  requirePositiveInteger,
} from '../errors.js';
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
import type { Scorer } from './scorer.js';
import type { Scoring } from './scoring.js';
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
  readonly scoring: Scoring;
  /** @throws ArgumentError if it has been disposed */
  readonly current: () => Current;
}

/** The classes by their probabilities, the most likely first. */
export const ranked = (
  classes: readonly string[],
  probabilities: ArrayLike<number>,
  thresholds: readonly number[] | undefined,
): Classification[] =>
  classes
    .map((className, i) => {
      const probability = probabilities[i] ?? NaN;
      const threshold = thresholds?.[i];
      return threshold === undefined
        ? { className, probability }
        : { className, probability, present: probability >= threshold };
    })
    .sort((a, b) => b.probability - a.probability);

/**
 * Returns all classes of a picture, the most likely first.
 *
 * @param pixels RGB from 0 to 255: the picture, then views of it, whose probabilities are averaged
 */
export async function recognise(
  classes: readonly string[],
  scorer: Scorer,
  { model, familiarity, thresholds }: Current,
  pixels: tf.Tensor4D,
): Promise<Recognition | { readonly familiarity?: never; readonly classes: Classification[] }> {
  const known = familiarity && (await familiarityOf(familiarity, model));
  const { scores: outputs, features } = await scorer.run(pixels, known?.view);
  const [scores, distances] = tf.tidy(() => [
    imageProbabilities(outputs, scoreKindOf('model', model)).mean<tf.Tensor>(0),
    features && known?.distances(features),
  ]);
  tf.dispose([outputs, features]);
  const [found, distance] = await Promise.all([
    readScores(present(scores, 'scores')),
    distances && readScores(distances),
  ]);
  const sorted = ranked(classes, found, thresholds);
  if (familiarity === undefined) return { classes: sorted };
  const familiar = shareBeyond(familiarity.heldOut, present(distance?.[0], 'distance'));
  return { familiarity: familiar, classes: sorted };
}

export const CLASSIFY_NAMES: Names<ClassifyOptions> = {
  top: true,
  reject: true,
  familiarity: true,
  views: true,
};

/** Checks the options, which may come from JavaScript; tells whether familiarity has to be measured. */
export function requireOptionsOf({ current }: Subject, options: ClassifyOptions): boolean {
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

/** How the distances of features are measured; imported on demand. */
export async function familiarityOf(space: Familiarity, model: tf.LayersModel) {
  const [{ featureViewOf }, { distancesOf }] = await Promise.all([
    import('./familiarity/view.js'),
    import('./familiarity/measure.js'),
  ]);
  const view = present(featureViewOf(model), 'end of the backbone');
  return {
    view,
    distances: (features: tf.Tensor) => distancesOf(features, view.channels, space),
  };
}

/** The pixels of a picture and its views, in one tensor. */
async function pixelsOf(
  picture: Picture,
  { inputSize }: ImageFormat,
  views: ClassifyOptions['views'],
): Promise<tf.Tensor4D> {
  const made: tf.Tensor4D[] = [await decodePicture(picture, inputSize)];
  try {
    const [pixels] = made as [tf.Tensor4D];
    for await (const each of imagesOfViews(pixels, views, 'none')) made.push(each);
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
  requireKnown('options', options, CLASSIFY_NAMES);
  const measures = requireOptionsOf(subject, options);
  const { top = subject.classes.length, reject: rejects = false, views } = options;
  const all: (Classification[] | Recognition)[] = [];
  for (const picture of pictures) {
    const pixels = await pixelsOf(picture, subject.format, views);
    try {
      // Read together, as fine-tuning replaces all of them.
      const { familiarity: known, ...current } = subject.current();
      const { familiarity = 1, classes } = await subject.scoring.use(current.model, (scorer) =>
        recognise(
          subject.classes,
          scorer,
          { ...current, familiarity: measures ? known : undefined },
          pixels,
        ),
      );
      const shown = rejects && familiarity < UNFAMILIAR ? [] : classes.slice(0, top);
      all.push(options.familiarity === true ? { familiarity, classes: shown } : shown);
    } finally {
      pixels.dispose();
    }
  }
  return all;
}
