import type { TrainOptions } from '../classifier/train-options.js';
import { reject } from '../errors.js';
import type { Pictures } from '../pictures/types.js';

/** Options for training each head on pictures. */
export type TrialOptions = Pick<
  TrainOptions,
  | 'classes'
  | 'validation'
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
};

/** The options that have no effect without pictures. */
const OF_PICTURES = [
  'classes',
  'validation',
  'epochs',
  'learningRate',
  'seed',
  'cacheFolder',
] as const;

/** @throws ArgumentError if an option is given that has no effect without pictures */
export function requireIdle(options: TrialOptions & { readonly measure?: boolean }): void {
  const { engine, measure = false } = options;
  if (engine !== undefined && !measure)
    reject('engine', 'none without pictures or measure', engine);
  for (const name of OF_PICTURES) {
    if (options[name] !== undefined) reject(name, 'none without pictures', options[name]);
  }
}
