import { type Names, requireKnown, requireOneOf } from '../errors.js';
import {
  classify,
  type Head,
  HEAD_NAMES,
  type HeadOptions,
  hidden,
  type HiddenOptions,
  resolveHeadOptions,
  resolveHiddenUnits,
} from './head.js';
import { pool } from './pooling.js';

export interface DenseHeadOptions extends HeadOptions, HiddenOptions {
  /** Pooling of the map before the dense layers, for one prediction per image. @default none */
  readonly pooling?: 'avg' | 'max';
}

const DENSE_POOLINGS = ['avg', 'max'] as const;

/** The options in addition to {@link HeadOptions}. */
export const DENSE_NAMES: Names<Omit<DenseHeadOptions, keyof HeadOptions>> = {
  hiddenUnits: true,
  pooling: true,
};

/**
 * Creates a head with two dense layers at each position of the map: `[h, w, c]` → `[h, w, hiddenUnits]` →
 * `[h, w, numClasses]`. It classifies each position, like two 1×1 convolutions.
 *
 * All positions share the weights but each computes its own result: a 7×7×2048 map with 10 classes takes 103,262,208 MACs,
 * as many as the flattened head's 102,770,688, with 1/49 of its weights. Labels are `[h, w, numClasses]`, one-hot at each
 * position, for `categoricalCrossentropy` (`binaryCrossentropy` with sigmoid). With one label per image, repeat it at each
 * position and average the predictions over the positions.
 *
 * With `pooling` it is a multilayer perceptron on the pooled features, `[c]` → `[hiddenUnits]` → `[numClasses]`, with one
 * label per image.
 *
 * @throws ArgumentError if an option is out of range
 */
export function denseHead(options: DenseHeadOptions): Head {
  requireKnown<DenseHeadOptions>('options', options, { ...HEAD_NAMES, ...DENSE_NAMES });
  const shared = resolveHeadOptions(options);
  const hiddenUnits = resolveHiddenUnits(options);
  const { pooling } = options;
  if (pooling !== undefined) requireOneOf('pooling', pooling, DENSE_POOLINGS);
  return {
    name: 'dense',
    apply: (layers, features) => {
      const x = pooling === undefined ? features : pool(layers, features, pooling);
      return classify(layers, hidden(layers, x, hiddenUnits), shared);
    },
  };
}
