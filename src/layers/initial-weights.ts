import { type Names, reject } from '../errors.js';

/** How the kernels of new layers start. */
export interface InitialWeights {
  /**
   * `'random'` draws Glorot-uniform kernels, as Keras does. `'pending'` leaves every kernel zero, for
   * weights that are loaded next: it saves the draw, half a second for a flatten head at 224×224.
   * @default 'random'
   */
  readonly weights?: 'random' | 'pending';
  /** Makes random weights the same at each call and on each backend: an integer. @default none */
  readonly seed?: number;
}

export const INITIAL_NAMES: Names<InitialWeights> = { weights: true, seed: true };

/** Checks the options and fills in the defaults. */
export function resolveInitialWeights({ weights = 'random', seed }: InitialWeights) {
  if (!(['random', 'pending'] as unknown[]).includes(weights)) {
    reject(
      'weights',
      'one of "random", "pending"',
      weights,
      "trained ones are loaded afterwards: await loadWeights(model, 'imagenet')",
    );
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    reject('seed', 'an integer, or nothing for random weights', seed);
  }
  return { weights, seed };
}
