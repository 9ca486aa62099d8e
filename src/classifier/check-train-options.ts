import { ENGINES } from '../engine/names.js';
import { type Names, refuseOptions, reject, requireKnown, requireOneOf } from '../errors.js';
import { given } from '../given.js';
import { headFor } from '../head/spec.js';
import type { AnyPartFeatures } from '../pictures/set.js';
import { requireViews } from '../pictures/views.js';
import type { Checkpoint } from '../train/checkpoint.js';
import type { Internal } from '../train/fit-head.js';
import {
  FIT_NAMES,
  type FitHeadOptions,
  requireSolverOptions,
  resolveFitOptions,
} from '../train/fit-options.js';
import { refuseClassWeights } from '../train/multi-label.js';
import { SOLVERS } from '../train/training-options.js';
import type { TrainOptions } from './train-options.js';
import type { Classifier } from './types.js';

/** The options that decide how the head is trained. */
export function fitOptions(
  options: TrainOptions,
  held?: AnyPartFeatures,
  checkpoint?: Checkpoint,
): FitHeadOptions & Internal {
  const { solver, l2, epochs, batchSize, learningRate, patience, classWeights, seed } = options;
  const { callbacks, onEpoch, signal } = options;
  return given({
    ...{ solver, l2, epochs, batchSize, learningRate, patience, classWeights, seed },
    ...{ callbacks, onEpoch, signal, checkpoint, validation: held },
  });
}

const TRAIN_NAMES: Names<TrainOptions> = {
  ...FIT_NAMES,
  from: true,
  head: true,
  classes: true,
  multiLabel: true,
  exclude: true,
  out: true,
  resume: true,
  cacheFolder: true,
  engine: true,
  strict: true,
  views: true,
  onProgress: true,
  onWarning: true,
};

/** Checks that options fit `from`. */
function requireFrom({ from, head, classes, multiLabel = false }: TrainOptions): void {
  const { backbone, classes: names } = (from ?? {}) as Partial<Classifier>;
  if (backbone === undefined || names === undefined) {
    reject('from', 'a classifier from loadClassifier() or trainClassifier()', from);
  }
  refuseOptions({ head, classes }, 'with from, which has its own');
  if (multiLabel) reject('multiLabel', 'none with from', multiLabel);
}

/** Checks the options as far as possible without pictures and a backbone. */
export function requireTrainOptions(options: TrainOptions): void {
  requireKnown('options', options, TRAIN_NAMES);
  const { solver, engine, multiLabel = false, classWeights, from } = options;
  if (from !== undefined) requireFrom(options);
  if (engine !== undefined) requireOneOf('engine', engine, ENGINES);
  requireViews(options.views);
  if (typeof multiLabel !== 'boolean') reject('multiLabel', 'true or false', multiLabel);
  if (multiLabel) refuseClassWeights(classWeights);
  if (solver !== undefined) {
    requireOneOf('solver', solver, SOLVERS);
    requireSolverOptions(solver, fitOptions(options));
  }
  // The number of classes isn't known yet: two is the smallest.
  resolveFitOptions(headFor(options.head ?? 'pooled', 2), fitOptions(options));
}
