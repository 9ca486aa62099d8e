import * as tf from '@tensorflow/tfjs';
import { requireBackbone } from '../backbone/backbone.js';
import { ArgumentError, present, reject, requirePositiveInteger, show } from '../errors.js';
import { given } from '../given.js';
import { calibrationOf } from '../explain/calibration.js';
import type { Head } from '../head/head.js';
import { requireScores } from '../head/scores.js';
import { headFor, type HeadSpec } from '../head/spec.js';
import { imageProbabilities, likeliest, readScores, scoreKindOf } from '../model/scores.js';
import { refuseFileOptions } from '../pictures/batches.js';
import { firstsOf, requirePictureOfEach } from '../pictures/duplicates.js';
import { readPictures } from '../pictures/read.js';
import type { PictureSet } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import { ofFits } from '../progress.js';
import { countsByClass, foldByLabelSets } from '../stratify.js';
import { isStored, type StoredFeatures } from '../train/features.js';
import { fitHead } from '../train/fit-head.js';
import { outputsFor, partHead } from '../train/part-head.js';
import { fitting } from './capacity.js';
import type { ComparedHead, FoldFit, HeadComparison, HeadFit } from './comparison.js';
import { batchesOf, held, type MapRows, pooledBy, readMaps, selected } from './map-rows.js';
import { accuracyOver, differenceOver, MOST_FOLDS, overFolds, within } from './over-folds.js';
import { spread } from './spread.js';
import type { TrialOptions } from './trial-options.js';

/** The features to train heads on, and how they are divided. */
export interface Trial {
  readonly maps: MapRows;
  readonly classes: readonly string[];
  /** The fold of each picture; −1 if it is never held out. */
  readonly foldOf: Int32Array;
  readonly folds: number;
  readonly facts: NonNullable<HeadComparison['trial']>;
  readonly shift: boolean;
  /** Tells that another head has been trained on a fold. */
  readonly tell: () => void;
}

const DEFAULT_FOLDS = 5;

/** @throws ArgumentError if they can't be honoured */
function requireTrialOptions({ folds = DEFAULT_FOLDS, shift = true }: TrialOptions) {
  requirePositiveInteger('folds', folds);
  if (folds < 2 || folds > MOST_FOLDS) reject('folds', `2 to ${MOST_FOLDS}`, folds);
  if (typeof shift !== 'boolean') reject('shift', 'true or false', shift);
  return { folds, shift };
}

/** Checks the options, and finds the pictures; those of `train` and `val` are used together. */
export async function readTrialPictures(
  pictures: Pictures,
  options: TrialOptions,
): Promise<PictureSet> {
  requireTrialOptions(options);
  const { classes: named, seed, numClasses } = options;
  const set = await readPictures(pictures, { classes: named, seed, validation: 'joined' });
  const { classes } = set;
  if (numClasses !== undefined && numClasses !== classes.length) {
    reject('numClasses', `${classes.length}, as the pictures have, or none`, numClasses);
  }
  return set;
}

/** @returns the number of pictures of the largest class */
function requireSeveral(counts: ReadonlyMap<number, number>): number {
  const most = Math.max(...counts.values());
  if (most >= 2) return most;
  reject('pictures', 'two or more per class, so that some can be held out', 'one per class');
}

/** Divides pictures into folds, with each class in all of them as far as it has enough pictures. */
function divide(
  labels: Int32Array,
  classes: readonly string[],
  { folds: asked, seed = 0, onWarning }: TrialOptions & { readonly folds: number },
): Pick<Trial, 'foldOf' | 'folds'> {
  const sets = Array.from(labels, (label) => [label]);
  const counts = countsByClass(sets);
  const folds = Math.min(asked, requireSeveral(counts));
  const isSingle = (label: number) => counts.get(label) === 1;
  for (const [label, name] of classes.entries()) {
    if (!isSingle(label)) continue;
    onWarning?.(
      new ArgumentError(
        `class ${show(name)}: expected two or more pictures, so that some can be held out, got 1; heads are trained on it, but not measured`,
      ),
    );
  }
  const of = foldByLabelSets(sets, folds, seed);
  const foldOf = of.map((fold, i) => (isSingle(present(labels[i], 'label')) ? -1 : fold));
  return { foldOf, folds };
}

/** Runs the backbone over pictures. */
export async function startTrial(
  backbone: unknown,
  { classes, train, duplicates }: PictureSet,
  heads: readonly HeadSpec[],
  options: TrialOptions,
): Promise<Trial> {
  requireBackbone(backbone);
  for (const spec of heads) {
    requireScores(headFor(spec, classes.length), backbone.featureShape, classes);
  }
  const { folds, shift } = requireTrialOptions(options);
  if (train.files === undefined) refuseFileOptions(options);
  const { cacheFolder, engine, strict, onProgress, onWarning, signal } = options;
  // A copy in another fold would be recognised, whatever the head has learned.
  const { part } = firstsOf(train);
  if (part.files) requireSeveral(countsByClass(part.files.map(({ label }) => [label])));
  const maps = await readMaps(part, backbone, {
    ...{ cacheFolder, engine, strict, onProgress, onWarning, signal, label: 'features' as const },
    views: shift ? ['right'] : [],
  });
  if (train.files && maps.files) requirePictureOfEach(classes, train.files, maps.files);
  const divided = divide(maps.labels, classes, { ...options, folds });
  const total = heads.length * divided.folds;
  let done = 0;
  onProgress?.(ofFits(done, total));
  const tell = () => onProgress?.(ofFits(++done, total));
  const { computed, labels } = maps;
  const measured = [...labels].filter((_, picture) => divided.foldOf[picture] !== -1);
  const sizes = countsByClass(measured.map((label) => [label]));
  const facts = {
    ...{ pictures: labels.length, computed, classes, folds: divided.folds },
    measured: measured.length,
    majority: Math.max(...sizes.values()) / measured.length,
    ambiguous: duplicates.acrossClasses,
  };
  return { maps, classes, ...divided, facts, shift, tell };
}

/** How well a head does on features, which its pooling may have reduced. */
async function judge(
  head: tf.LayersModel,
  features: StoredFeatures,
): Promise<{ readonly accuracy: number; readonly error: number }> {
  const { labels, shape } = features;
  const kind = scoreKindOf('head', head);
  const right: boolean[] = [];
  const confidences: number[] = [];
  const parts = partHead(head);
  try {
    for (const images of batchesOf(labels.length, shape)) {
      const maps = await features.read(images);
      let probabilities: tf.Tensor2D;
      try {
        probabilities = tf.tidy(() =>
          imageProbabilities(outputsFor(parts, maps, images.length), kind),
        );
      } finally {
        maps.dispose();
      }
      const classes = probabilities.shape[1];
      const scores = await readScores(probabilities);
      likeliest(scores, classes).forEach((found, i) => {
        right.push(found === labels[present(images[i], 'image')]);
        confidences.push(present(scores[i * classes + found], 'score'));
      });
    }
  } finally {
    parts.release();
  }
  const accuracy = right.filter(Boolean).length / right.length;
  return { accuracy, error: calibrationOf(right, confidences).error };
}

/** Trains a head without one fold, and measures it on that fold. */
async function tryFold(
  head: Head,
  { maps, foldOf, shift }: Trial,
  fold: number,
  { epochs, learningRate, seed, signal }: TrialOptions,
): Promise<FoldFit> {
  const pictures = Int32Array.from(foldOf.keys());
  const out = pictures.filter((picture) => foldOf[picture] === fold);
  const others = pictures.filter((picture) => foldOf[picture] !== fold);
  const training = await held(selected(maps, others));
  const begin = performance.now();
  // Without validation pictures: the fold must not choose when to stop.
  const { head: trained, ...outcome } = await fitHead(
    head,
    training,
    given({ epochs, learningRate, seed, signal }),
  ).finally(() => {
    if (!isStored(training)) training.values.dispose();
  });
  const trainMs = performance.now() - begin;
  try {
    // Adam returns a head when the signal aborts.
    signal?.throwIfAborted();
    const { accuracy: validationAccuracy, error } = await judge(trained, selected(maps, out));
    const moved = shift ? await judge(trained, selected(maps, out, 1)) : undefined;
    const how = outcome.solver === 'adam' ? { epochs: outcome.history.length } : { l2: outcome.l2 };
    return {
      ...{ pictures: out.length, accuracy: outcome.accuracy, validationAccuracy },
      ...(moved && { shiftedAccuracy: moved.accuracy }),
      ...{ calibrationError: error, ...how, trainMs },
    };
  } finally {
    trained.dispose();
  }
}

/** Trains a head on all folds but one, for each fold; null if the backend hasn't enough memory. */
export async function tryHead(
  head: Head,
  costs: Pick<ComparedHead, 'memory' | 'cached'>,
  trial: Trial,
  options: TrialOptions,
): Promise<HeadFit | null> {
  if (!fitting(costs, tf.getBackend()).trainStep) return null;
  const own = { ...trial, maps: await pooledBy(head, trial.maps) };
  const folds: FoldFit[] = [];
  for (let fold = 0; fold < trial.folds; fold++) {
    try {
      folds.push(await tryFold(head, own, fold, options));
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError(`head "${head.name}": ${error.message}`, { cause: error });
    }
    trial.tell();
  }
  const sizes = folds.map(({ pictures }) => pictures);
  const shifted = folds.flatMap(({ shiftedAccuracy }) => shiftedAccuracy ?? []);
  return {
    accuracy: within(overFolds(folds.map(({ accuracy }) => accuracy)), 0, 1),
    validationAccuracy: accuracyOver(
      folds.map((each) => each.validationAccuracy),
      sizes,
    ),
    gap: differenceOver(
      folds.map((each) => [each.accuracy, each.validationAccuracy]),
      sizes,
    ),
    calibrationError: within(overFolds(folds.map((each) => each.calibrationError)), 0, 1),
    ...(shifted.length > 0 && { shiftedAccuracy: accuracyOver(shifted, sizes) }),
    trainMs: spread(folds.map(({ trainMs }) => trainMs)),
    folds,
  };
}
