import { type Names, reject, requirePositiveInteger, requirePositiveNumber } from '../errors.js';
import type { Callbacks } from './callbacks.js';
import type { Checkpoint, Epoch } from './checkpoint.js';

/** The options that `fitHead` and `fineTune` share. */
export interface TrainingOptions {
  /**
   * Epochs without a lower loss in validation after which training ends; the weights of the best epoch are
   * kept. @default 5 where there is validation, else none
   */
  readonly patience?: number;
  /** `'balanced'` weighs classes by how few images they have; or a weight for each. @default all 1 */
  readonly classWeights?: 'balanced' | readonly number[];
  /** Called after each epoch; training waits for it. */
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
  /** TensorFlow.js's callbacks, as `model.fit` takes them: TensorBoard, tfjs-vis, or functions. */
  readonly callbacks?: Callbacks;
  /** Ends training after the epoch at hand; what was learned so far is returned. */
  readonly signal?: AbortSignal;
}

export const TRAINING_NAMES: Names<TrainingOptions> = {
  patience: true,
  classWeights: true,
  onEpoch: true,
  callbacks: true,
  signal: true,
};

/** What a run needs that can be gone on with. */
export interface Resumable {
  /** Where to keep the state after each epoch, and to go on from if there is one. */
  readonly checkpoint?: Checkpoint;
}

/** Options, checked and filled in. */
export interface Settings extends Omit<TrainingOptions, 'classWeights'>, Resumable {
  readonly epochs: number;
  readonly learningRate: number;
  readonly patience: number;
  readonly seed: number;
}

/** Epochs without a lower loss in validation that are borne where no number is named. */
export const DEFAULT_PATIENCE = 5;

/** @throws ArgumentError on a wrong option */
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
    readonly learningRate: number;
    readonly seed?: number;
    readonly validation?: unknown;
  }): Settings {
  requirePositiveInteger('epochs', epochs);
  requirePositiveNumber('learningRate', learningRate);
  if (patience !== Infinity) requirePositiveInteger('patience', patience);
  if (!Number.isSafeInteger(seed)) reject('seed', 'an integer', seed);
  return { ...others, epochs, learningRate, patience, seed };
}
