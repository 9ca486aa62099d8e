import type * as tf from '@tensorflow/tfjs';
import { type ResnetOptions, SHAPE_NAMES } from '../base/options.js';
import { type Names, requireKnown } from '../errors.js';
import { DENSE_NAMES, denseHead, type DenseHeadOptions } from '../head/dense.js';
import { FLATTENED_NAMES, flattenedHead, type FlattenedHeadOptions } from '../head/flattened.js';
import { type Head, HEAD_NAMES, type HeadOptions } from '../head/head.js';
import { POOLED_NAMES, pooledHead, type PooledHeadOptions } from '../head/pooled.js';
import { INITIAL_NAMES } from '../layers/initial-weights.js';
import { attachToOwn } from './attach.js';
import { resnet } from './resnet.js';

export interface PooledResnetOptions extends ResnetOptions, PooledHeadOptions {}
export interface FlattenedResnetOptions extends ResnetOptions, FlattenedHeadOptions {}
export interface DenseResnetOptions extends ResnetOptions, DenseHeadOptions {}

/** Checks the options of base and head together, and passes each its own. */
function build<T extends HeadOptions>(
  options: ResnetOptions & T,
  names: Names<Omit<T, keyof HeadOptions>>,
  makeHead: (options: T) => Head,
): tf.LayersModel {
  requireKnown<object>('options', options, {
    ...SHAPE_NAMES,
    ...INITIAL_NAMES,
    ...HEAD_NAMES,
    ...names,
  });
  const { depth, variant, inputShape, weights, seed, ...others } = options;
  const head = makeHead(others as unknown as T);
  return attachToOwn(resnet({ depth, variant, inputShape, weights, seed }), head, {
    weights,
    seed,
  });
}

/**
 * Builds a ResNet with a pooled head: ResNet → global pooling → `Dense(numClasses)`, images `[h, w, c]` → `[numClasses]`.
 *
 * ResNet-50 at 224×224 with 10 classes: 23,608,202 parameters, 20,490 of them in the head.
 *
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError if an option is out of range, before anything is allocated
 */
export function buildPooledResnet(options: PooledResnetOptions): tf.LayersModel {
  return build<PooledHeadOptions>(options, POOLED_NAMES, pooledHead);
}

/**
 * Builds a ResNet with a flattened head: ResNet → `Flatten` → `Dense(hiddenUnits, relu)` → `Dense(numClasses)`, images
 * `[h, w, c]` → `[numClasses]`.
 *
 * ResNet-50 at 224×224 with 10 classes: 126,359,434 parameters, 102,771,722 of them in the head.
 *
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError if an option is out of range, before anything is allocated
 */
export function buildFlattenedResnet(options: FlattenedResnetOptions): tf.LayersModel {
  return build<FlattenedHeadOptions>(options, FLATTENED_NAMES, flattenedHead);
}

/**
 * Builds a ResNet with a dense head: ResNet → `Dense(hiddenUnits, relu)` → `Dense(numClasses)` at each position of the feature
 * map, images `[h, w, c]` → `[⌈h/32⌉, ⌈w/32⌉, numClasses]`; with `pooling`, → `[numClasses]`.
 *
 * ResNet-50 at 224×224 with 10 classes: 25,696,138 parameters, 2,108,426 of them in the head, output `[7, 7, 10]`. See
 * {@link denseHead} for the labels and the loss to use.
 *
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError if an option is out of range, before anything is allocated
 */
export function buildDenseResnet(options: DenseResnetOptions): tf.LayersModel {
  return build<DenseHeadOptions>(options, DENSE_NAMES, denseHead);
}
