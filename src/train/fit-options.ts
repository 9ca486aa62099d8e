import * as tf from '@tensorflow/tfjs';
import {
  type Names,
  reject,
  requireOneOf,
  requirePositiveInteger,
  requirePositiveNumber,
} from '../errors.js';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import type { Features, StoredFeatures } from './features.js';
import { linearLayerOf } from './linear/head.js';
import { partHead } from './part-head.js';
import {
  DEFAULT_EPOCHS,
  ofAdam,
  type Resumable,
  resolveTrainingOptions,
  type Settings,
  type Solver,
  SOLVERS,
  TRAINING_NAMES,
  type TrainingOptions,
} from './training-options.js';

export interface FitHeadOptions extends TrainingOptions {
  /** Features to validate on, of the same shape, which are not trained on. */
  readonly validation?: Features | StoredFeatures;
  /**
   * `'lbfgs'` fits a head whose trainable part is one dense layer, such as a pooled head without dropout, to its optimum: logistic
   * regression on standardised features. `'adam'` trains any head for a number of epochs.
   * @default 'adam' if an option of Adam is given (`epochs`, `batchSize`, `learningRate`, `patience`, `onEpoch`, `callbacks`) or
   *   the head has more than one trainable layer or dropout, otherwise 'lbfgs'
   */
  readonly solver?: Solver;
  /**
   * Strength of the L2 penalty, for L-BFGS: the loss of a fit is the mean cross-entropy plus this times half the sum of the squared weights of
   * the standardised features. With n pictures it is scikit-learn's `1 / (C · n)`.
   * @default chosen by the validation loss; by cross-validation if there are fewer than 200 validation pictures
   */
  readonly l2?: number;
  /** @default 30 */
  readonly epochs?: number;
  /** @default 32 */
  readonly batchSize?: number;
  /**
   * Trains by Adam at this constant rate, on the features as they are.
   * @default the head's own; otherwise none: AdamW on features whose variances are evened out, with a rate for each layer that decays to 0 over
   *   `epochs`. Heads that don't begin with a dense layer or convolution with a bias: 1e-3
   */
  readonly learningRate?: number;
  /** Determines the initial weights, the order of the pictures and dropout; with L-BFGS, the folds of cross-validation. @default 0 */
  readonly seed?: number;
}

/** The options that may decide on the solver. */
type SolverOptions = Omit<FitHeadOptions, 'validation'>;

export const FIT_NAMES: Names<FitHeadOptions> = {
  ...TRAINING_NAMES,
  validation: true,
  solver: true,
  l2: true,
  epochs: true,
  batchSize: true,
  learningRate: true,
  seed: true,
};

const BATCH_SIZE = 32;

/** @throws ArgumentError if an option is wrong or has no effect with this solver */
export function requireSolverOptions(solver: Solver, options: SolverOptions): void {
  if (solver === 'adam') {
    if (options.l2 === undefined) return;
    reject('l2', 'none with Adam', options.l2, 'only L-BFGS has one');
  }
  const name = ofAdam(options);
  if (name !== undefined) {
    reject(name, 'none with L-BFGS, which has no epochs', options[name], 'omit it or solver');
  }
  if (options.l2 !== undefined) requirePositiveNumber('l2', options.l2);
  if (!Number.isSafeInteger(options.seed ?? 0)) reject('seed', 'an integer', options.seed);
}

/** Whether options choose Adam for every head. */
const choosesAdam = ({ solver, ...options }: SolverOptions & Resumable): boolean =>
  solver === undefined
    ? ofAdam(options) !== undefined || options.checkpoint !== undefined
    : solver === 'adam';

/**
 * Determines the solver of a head.
 *
 * @throws ArgumentError if the head doesn't allow the chosen one
 */
export function solverOf(
  linear: tf.layers.Layer | undefined,
  options: SolverOptions & Resumable,
): Solver {
  const { solver = linear && !choosesAdam(options) ? 'lbfgs' : 'adam' } = options;
  requireOneOf('solver', solver, SOLVERS);
  if (solver === 'adam' || linear) return solver;
  reject('solver', "'adam', as the head is not a single dense layer after its pooling", solver);
}

/**
 * Determines the solver of a head that isn't built yet.
 *
 * @throws ArgumentError if the head doesn't allow the chosen one, or another option
 */
export function solverFor(head: Head, featureShape: Shape, options: SolverOptions): Solver {
  if (choosesAdam(options)) {
    requireSolverOptions('adam', options);
    return 'adam';
  }
  // Zeros, but a flattened head still holds 411 MB of them for a moment.
  const model = buildHead(head, featureShape, { weights: 'pending' });
  const parts = partHead(model);
  try {
    const solver = solverOf(linearLayerOf(parts.learning), options);
    requireSolverOptions(solver, options);
    return solver;
  } finally {
    parts.release();
    model.dispose();
  }
}

/**
 * Checks Adam's options and fills in the defaults.
 *
 * @throws ArgumentError on an invalid option
 */
export function resolveFitOptions(
  head: Head | tf.LayersModel,
  options: FitHeadOptions,
): Settings & { readonly batchSize: number } {
  const suited = head instanceof tf.LayersModel ? undefined : head.learningRate;
  const { epochs = DEFAULT_EPOCHS, batchSize = BATCH_SIZE, learningRate = suited } = options;
  requirePositiveInteger('batchSize', batchSize);
  return { ...resolveTrainingOptions({ ...options, epochs, learningRate }), batchSize };
}
