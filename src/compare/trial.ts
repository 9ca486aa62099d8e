import { requireBackbone } from '../backbone/backbone.js';
import { readForTraining } from '../classifier/read-for-training.js';
import { reject } from '../errors.js';
import type { Head } from '../head/head.js';
import { requireScores } from '../head/scores.js';
import { headFor, type HeadSpec } from '../head/spec.js';
import { refuseFileOptions } from '../pictures/batches.js';
import type { Pictures } from '../pictures/types.js';
import type { Features } from '../train/features.js';
import { fitHead } from '../train/fit-head.js';
import type { HeadFit } from './comparison.js';
import type { TrialOptions } from './trial-options.js';

/** The features to train and validate each head on. */
export interface Trial {
  readonly training: Features;
  readonly validation: Features;
  readonly classes: readonly string[];
}

/** Runs the backbone over pictures. */
export async function readTrial(
  base: unknown,
  pictures: Pictures,
  heads: readonly HeadSpec[],
  options: TrialOptions,
): Promise<Trial> {
  const { numClasses } = options;
  requireBackbone(base);
  const set = await readForTraining(pictures, options);
  const { classes, train, validation } = set;
  if (numClasses !== undefined && numClasses !== classes.length) {
    reject('numClasses', `${classes.length}, as the pictures have, or none`, numClasses);
  }
  for (const spec of heads) {
    requireScores(headFor(spec, classes.length), base.featureShape, classes);
  }
  if (validation === undefined) {
    reject('pictures', 'two or more per class, so that some can be held out', 'one per class');
  }
  if (train.files === undefined) refuseFileOptions(options);
  const { cacheFolder, engine, strict, onProgress, onWarning, signal } = options;
  const how = { cacheFolder, engine, strict, onProgress, onWarning, signal };
  const training = await train.features(base, { ...how, label: 'training features' });
  try {
    const held = await validation.features(base, { ...how, label: 'validation features' });
    return { classes, training, validation: held };
  } catch (error) {
    training.values.dispose();
    throw error;
  }
}

/** Trains a head on features and returns its accuracy. */
export async function tryHead(
  head: Head,
  { training, validation }: Trial,
  { epochs, learningRate, seed, signal }: TrialOptions,
): Promise<HeadFit> {
  const begin = performance.now();
  const { head: trained, ...outcome } = await fitHead(head, training, {
    validation,
    ...(epochs === undefined ? {} : { epochs }),
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(seed === undefined ? {} : { seed }),
    ...(signal && { signal }),
  });
  trained.dispose();
  const { accuracy, validationAccuracy = NaN, gap = NaN } = outcome;
  const trainMs = performance.now() - begin;
  const how = outcome.solver === 'adam' ? { epochs: outcome.history.length } : { l2: outcome.l2 };
  return { accuracy, validationAccuracy, gap, ...how, trainMs };
}
