import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { present, reject } from '../errors.js';
import { given } from '../given.js';
import type { Head } from '../head/head.js';
import { requireScores } from '../head/scores.js';
import { headFor, withSigmoid } from '../head/spec.js';
import { refuseFileOptions } from '../pictures/batches.js';
import { ofFits, type ProgressLabel } from '../progress.js';
import { requirePictureOfEach } from '../pictures/duplicates.js';
import type { AnyPartFeatures, FeatureOptions, Part, PictureSet } from '../pictures/set.js';
import { requireClassWeights } from '../train/class-weights.js';
import { fitResumable, type Internal } from '../train/fit-head.js';
import { type FitHeadOptions, resolveFitOptions, solverFor } from '../train/fit-options.js';
import type { Features, StoredFeatures } from '../train/features.js';
import { disposeFeatures } from '../train/take.js';
import { withoutViews } from '../train/without-views.js';
import { refuseClassWeights, requireSigmoidHead } from '../train/multi-label.js';
import type { Solver } from '../train/training-options.js';
import { calibrate } from './calibrate.js';
import { fitOptions } from './check-train-options.js';
import { classifierOn } from './classifier.js';
import type { Earlier } from './earlier.js';
import { tellEpochs } from './epoch-progress.js';
import { fitFamiliarity } from './familiarity/fit.js';
import { classifierFolders, type TrainingRun } from './node.js';
import { NOTHING_SEEN, withPictures } from './picture-record.js';
import type { TrainOptions } from './train-options.js';
import type { Classifier } from './types.js';

// Imported on demand together with trainOn: a module of its own would move what both need into the entry.
export { requireTrainOptions } from './check-train-options.js';

/** Computes the features of the training and then the validation pictures, and adds them to `made`. */
async function featuresOf(
  backbone: Backbone,
  { classes, train, validation }: PictureSet,
  options: Omit<FeatureOptions, 'label'> & { readonly head: Head },
  made: (Features | StoredFeatures)[],
) {
  let hasWarned = false;
  const onWarning = (warning: Error) => {
    // Both parts share one cache, so a warning about it is passed on once; each picture has its own.
    const isOfPicture = warning.name === 'PictureError';
    if (isOfPicture || !hasWarned) options.onWarning?.(warning);
    hasWarned ||= !isOfPicture;
  };
  const read = async (
    part: Part,
    label: ProgressLabel,
    isTraining: boolean,
  ): Promise<AnyPartFeatures> => {
    if (part.stored) return part.stored.open(backbone, options.head, { isPlain: !isTraining });
    const views = isTraining ? options.views : undefined;
    return part.features(backbone, { ...options, onWarning, views, label });
  };
  const training = await read(train, 'training features', true);
  made.push(training);
  if (train.files && training.files) {
    requirePictureOfEach(classes, train.files, training.files, train.labelSets);
  }
  const held = validation && (await read(validation, 'validation features', false));
  if (held !== undefined) made.push(held);
  return { training, held };
}

/** What reports the progress of training. */
function listeners(head: Head, solver: Solver, options: TrainOptions): FitHeadOptions & Internal {
  const { onProgress } = options;
  if (solver === 'lbfgs') return { onFit: (done, most) => onProgress?.(ofFits(done, most)) };
  return { onEpoch: tellEpochs(options, resolveFitOptions(head, fitOptions(options)).epochs) };
}

/** A backbone and the pictures to train on. */
export interface Lesson {
  readonly backbone: Backbone;
  readonly set: PictureSet;
  /** The classifier whose pictures are among these. */
  readonly earlier?: Earlier;
}

/** The head of {@link Lesson.earlier}, or the one that the options ask for. */
function headOf({ earlier, set: { classes } }: Lesson, options: TrainOptions): Head {
  const { head = 'pooled', multiLabel } = options;
  return earlier?.head ?? headFor(multiLabel ? withSigmoid(head) : head, classes.length);
}

async function openRun(
  { backbone, set }: Lesson,
  head: Head,
  solver: Solver,
  options: TrainOptions,
): Promise<TrainingRun | undefined> {
  const { out, resume = false, engine } = options;
  const views = set.train.stored?.views ?? options.views;
  if (out === undefined) {
    if (resume) reject('resume', 'out, which names the run', resume, 'pass out');
    return undefined;
  }
  return classifierFolders.require('out', 'none in a browser', out).openRun(out, {
    ...{ backbone, set, head, solver, resume },
    options: { ...fitOptions(options), ...(engine && { engine }), ...(views && { views }) },
  });
}

/** What became of the classes of an earlier classifier. */
async function changesOf(
  earlier: Earlier,
  model: tf.LayersModel,
  training: AnyPartFeatures,
  held: AnyPartFeatures | undefined,
) {
  const now = earlier.classes.map(() => 0);
  for (const { label } of [...(training.files ?? []), ...(held?.files ?? [])]) {
    if (label < now.length) now[label] = (now[label] ?? 0) + 1;
  }
  const { changesSince } = await import('./accuracy-change.js');
  return changesSince(earlier, model, now, held);
}

/** {@link trainClassifier}, once the pictures have been read. */
export async function trainOn(lesson: Lesson, options: TrainOptions): Promise<Classifier> {
  const { backbone, set, earlier } = lesson;
  const { classes, train, duplicates, unused } = set;
  const { classWeights, signal, engine } = options;
  // Features know it by themselves.
  const multiLabel = options.multiLabel ?? train.labelSets !== undefined;
  if (train.files === undefined) refuseFileOptions(options);
  if (multiLabel) refuseClassWeights(classWeights);
  const head = headOf(lesson, { ...options, multiLabel });
  requireScores(head, backbone.featureShape, classes);
  if (multiLabel) requireSigmoidHead(head, backbone.featureShape, classes.length);
  requireClassWeights(classWeights, classes.length);
  const solver = solverFor(head, backbone.featureShape, fitOptions(options));
  const run = await openRun(lesson, head, solver, options);
  const made: (Features | StoredFeatures)[] = [];
  try {
    const { training, held } = await featuresOf(backbone, set, { ...options, head }, made);
    await run?.begin();
    const fitted = await fitResumable(head, training, {
      ...fitOptions(options, held, solver === 'adam' ? run?.checkpoint : undefined),
      ...listeners(head, solver, options),
      solver,
    });
    let classifier: Classifier | undefined;
    try {
      // Without a finished epoch, the head is untrained.
      if (Number.isNaN(fitted.loss)) signal?.throwIfAborted();
      const { head: model, thresholds, ...outcome } = fitted;
      const plain = withoutViews(training);
      made.push(plain);
      const isSingle = thresholds === undefined;
      // A temperature would move the probabilities away from the thresholds, and sets of labels have no centre.
      const figures = isSingle ? await calibrate(fitted, plain, held) : { temperature: 1 };
      const channels = present(backbone.featureShape.at(-1), 'channels');
      const familiarity = isSingle ? await fitFamiliarity(plain, held, channels) : undefined;
      const count = { train: plain.labels.length, validation: held?.labels.length ?? 0 };
      const changes = earlier && (await changesOf(earlier, model, training, held));
      const computed = training.computed + (held?.computed ?? 0);
      classifier = classifierOn(backbone, model, {
        ...{ classes, thresholds },
        record: withPictures({ ...NOTHING_SEEN, ...given({ excluded: earlier?.excluded }) }, set, {
          train: training.files,
          validation: held?.files,
        }),
        familiarity,
        engine,
        training: {
          ...{ ...outcome, ...figures, pictures: count, computed, duplicates, unused },
          engine: training.engine ?? held?.engine,
          ...(changes && { changes }),
        },
      });
      const trained = classifier;
      const isComplete = outcome.solver === 'lbfgs' || outcome.endedBy !== 'signal';
      await earlier?.requireUnchanged?.();
      await run?.end(() => trained.files(), isComplete);
      return classifier;
    } catch (error) {
      if (classifier === undefined) fitted.head.dispose();
      else classifier.dispose();
      throw error;
    }
  } finally {
    made.forEach(disposeFeatures);
  }
}
