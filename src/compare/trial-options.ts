import type { TrainOptions } from '../classifier/train-options.js';
import { reject } from '../errors.js';
import type { Pictures } from '../pictures/types.js';

/** How heads are trained on pictures, where some are given. */
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
  /** Pictures that each head is trained on, to compare accuracies; the base must then be a backbone. @default none */
  readonly pictures?: Pictures;
  /** Classes of heads by name. @default as many as the pictures have; without pictures there is none */
  readonly numClasses?: number;
};

/** What only pictures can honour. */
const OF_PICTURES = [
  'classes',
  'validation',
  'epochs',
  'learningRate',
  'seed',
  'cacheFolder',
  'engine',
] as const;

/** @throws ArgumentError on an option that decides nothing without pictures */
export function requireIdle(options: TrialOptions): void {
  for (const name of OF_PICTURES) {
    if (options[name] !== undefined) reject(name, 'pictures beside it', options[name]);
  }
}
