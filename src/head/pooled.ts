import { type Names, requireKnown, requireOneOf } from '../errors.js';
import { classify, type Head, HEAD_NAMES, type HeadOptions, resolveHeadOptions } from './head.js';
import { pool, type Pooling, POOLINGS } from './pooling.js';

export interface PooledHeadOptions extends HeadOptions {
  /** How the map becomes a vector. @default 'avg' */
  readonly pooling?: Pooling;
}

/** The options in addition to {@link HeadOptions}. */
export const POOLED_NAMES: Names<Omit<PooledHeadOptions, keyof HeadOptions>> = { pooling: true };

/**
 * Creates a head with global pooling and one dense layer: `[h, w, c]` → `[c]` → `[numClasses]`.
 *
 * It has `c × n + n` parameters, independent of the map's size: 20,490 for 2,048 channels and 10 classes. Pooling discards
 * the position of an object in the picture.
 *
 * @throws ArgumentError if an option is out of range
 */
export function pooledHead(options: PooledHeadOptions): Head {
  requireKnown<PooledHeadOptions>('options', options, { ...HEAD_NAMES, ...POOLED_NAMES });
  const shared = resolveHeadOptions(options);
  const { pooling = 'avg' } = options;
  requireOneOf('pooling', pooling, POOLINGS);
  return {
    name: 'pooled',
    apply: (layers, features) => classify(layers, pool(layers, features, pooling), shared),
  };
}
