import type { TrainOptions } from '../classifier/train-options.js';
import { refuseOptions, reject } from '../errors.js';
import type { Pictures } from '../pictures/types.js';

/** Options for training each head on pictures. */
export type TrialOptions = Pick<
  TrainOptions,
  | 'classes'
  | 'epochs'
  | 'learningRate'
  | 'seed'
  | 'cacheFolder'
  | 'engine'
  | 'strict'
  | 'onProgress'
  | 'onWarning'
  | 'signal'
> & {
  /** Pictures to train each head on, to compare accuracies; the base must then be a backbone. @default none */
  readonly pictures?: Pictures;
  /** Number of classes, for heads given by name. @default that of the pictures; required without pictures */
  readonly numClasses?: number;
  /**
   * Number of parts, 2 to 10, for cross-validation: each is held out once, and the head is trained on the others.
   * @default 5, or the number of pictures of the largest class if that is smaller
   */
  readonly folds?: number;
  /**
   * Whether accuracy is also measured on copies of the held-out pictures, moved to the right by 1/8 of the width. The features of the
   * copies take as long to compute, and as much memory, as those of the pictures. @default true
   */
  readonly shift?: boolean;
};

/** @throws ArgumentError if an option is given that has no effect without pictures */
export function requireIdle(options: TrialOptions & { readonly measure?: boolean }): void {
  const { engine, measure = false } = options;
  if (engine !== undefined && !measure)
    reject('engine', 'none without pictures or measure', engine);
  const { classes, folds, shift, epochs, learningRate, seed, cacheFolder } = options;
  refuseOptions(
    { classes, folds, shift, epochs, learningRate, seed, cacheFolder },
    'without pictures',
  );
}
