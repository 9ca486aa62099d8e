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
  /** Pools the map before the dense layers, for one prediction an image. @default none */
  readonly pooling?: 'avg' | 'max';
}

const DENSE_POOLINGS = ['avg', 'max'] as const;

/** What it takes beside {@link HeadOptions}. */
export const DENSE_NAMES: Names<Omit<DenseHeadOptions, keyof HeadOptions>> = {
  hiddenUnits: true,
  pooling: true,
};

/**
 * Two dense layers on the map itself: `[h, w, c]` → `[h, w, hiddenUnits]` → `[h, w, numClasses]`, a
 * classifier of each position (two 1×1 convolutions in effect), so that the output keeps height and
 * width.
 *
 * Each position pays for the same weights again: on a 7×7×2048 map with 10 classes 103,262,208 MACs,
 * as many as the flattened head's 102,770,688, with 1/49 of its weights. Labels are `[h, w,
 * numClasses]`, one-hot at each position, for `categoricalCrossentropy` (`binaryCrossentropy` under
 * sigmoid); with one label an image, repeat it over the map, and average the predictions over it.
 *
 * With `pooling` it is a multilayer perceptron on the pooled features, `[c]` → `[hiddenUnits]` →
 * `[numClasses]`, and takes one label an image.
 *
 * @throws ArgumentError on an option out of range
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
