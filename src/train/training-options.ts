import { type Names, reject, requirePositiveInteger, requirePositiveNumber } from '../errors.js';
import type { Callbacks } from './callbacks.js';
import type { Checkpoint, Epoch } from './checkpoint.js';
import { requireOptionTypes } from './option-types.js';

/** How the weights of a head are found. */
export type Solver = 'lbfgs' | 'adam';

export const SOLVERS: readonly Solver[] = ['lbfgs', 'adam'];

/** Options that only Adam has a use for: giving one of them chooses it. */
const OF_ADAM = [
  'epochs',
  'batchSize',
  'learningRate',
  'patience',
  'onEpoch',
  'callbacks',
] as const;

/** The name of an option of Adam that is given. */
export const ofAdam = (options: Readonly<Partial<Record<(typeof OF_ADAM)[number], unknown>>>) =>
  OF_ADAM.find((each) => options[each] !== undefined);

/** The options that `fitHead` and `fineTune` share. */
export interface TrainingOptions {
  /**
   * Stop after this many epochs without a lower validation loss; the weights of the best epoch are kept.
   * @default 5 with validation, otherwise none
   */
  readonly patience?: number;
  /** `'balanced'` weights classes in inverse proportion to their number of images; or one weight per class. @default all 1 */
  readonly classWeights?: 'balanced' | readonly number[];
  /** Called after each epoch of Adam; training waits for it. */
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
  /** TensorFlow.js callbacks, as for `model.fit`: TensorBoard, tfjs-vis, or functions. */
  readonly callbacks?: Callbacks;
  /**
   * Stops training: Adam after the current epoch, with the result so far; L-BFGS rejects with the signal's reason. If features are
   * read from a store, Adam stops at once, and rejects with the reason before the first epoch is done.
   */
  readonly signal?: AbortSignal;
}

export const TRAINING_NAMES: Names<TrainingOptions> = {
  patience: true,
  classWeights: true,
  onEpoch: true,
  callbacks: true,
  signal: true,
};

/** Options of a run that can be resumed. */
export interface Resumable {
  /** Stores the state after each epoch; if it already holds a state, training resumes from it. */
  readonly checkpoint?: Checkpoint;
}

/** Checked options with defaults filled in. */
export interface Settings extends Omit<TrainingOptions, 'classWeights'>, Resumable {
  readonly epochs: number;
  /** Undefined if none was given. */
  readonly learningRate: number | undefined;
  readonly patience: number;
  readonly seed: number;
}

/** Keras's default for Adam, for models whose inputs can't be standardised. */
export const LEARNING_RATE = 1e-3;

/** Default number of epochs of a head. */
export const DEFAULT_EPOCHS = 30;

/** Default number of epochs without a lower validation loss after which training stops. */
export const DEFAULT_PATIENCE = 5;

/** @throws ArgumentError on an invalid option */
export function resolveTrainingOptions({
  epochs,
  learningRate,
  seed = 0,
  validation,
  patience = validation === undefined ? Infinity : DEFAULT_PATIENCE,
  ...others
}: TrainingOptions &
  Resumable & {
    readonly epochs: number;
    readonly learningRate: number | undefined;
    readonly seed?: number;
    readonly validation?: unknown;
  }): Settings {
  requireOptionTypes(others);
  requirePositiveInteger('epochs', epochs);
  if (learningRate !== undefined) requirePositiveNumber('learningRate', learningRate);
  if (patience !== Infinity) requirePositiveInteger('patience', patience);
  if (!Number.isSafeInteger(seed)) reject('seed', 'an integer', seed);
  return { ...others, epochs, learningRate, patience, seed };
}
