import { type Names, reject } from '../errors.js';

/** How the kernels of new layers are initialized. */
export interface InitialWeights {
  /**
   * `'random'` draws Glorot-uniform kernels, like Keras. `'pending'` sets kernels to zero, for weights that are loaded next, which saves
   * half a second for a flatten head at 224×224.
   * @default 'random'
   */
  readonly weights?: 'random' | 'pending';
  /** Integer seed that makes random weights reproducible, on all backends. @default none */
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
      "load trained weights afterwards: await loadWeights(model, 'imagenet')",
    );
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    reject('seed', 'an integer or undefined', seed);
  }
  return { weights, seed };
}
