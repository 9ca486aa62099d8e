import { requireOneOf } from '../errors.js';
import { classify, type Head, type HeadOptions, resolveHeadOptions } from './head.js';
import { pool, type Pooling, POOLINGS } from './pooling.js';

export interface PooledHeadOptions extends HeadOptions {
  /** @default 'avg' */
  readonly pooling?: Pooling;
}

/**
 * Global pooling, then one dense layer: `[h, w, c]` → `[c]` → `[numClasses]`.
 *
 * `c × n + n` weights, whatever the map's size; 20,490 for 2,048 channels and 10 classes. Where the
 * object stands in the picture is lost in the pooling.
 *
 * @throws ArgumentError on an option out of range
 */
export function pooledHead(options: PooledHeadOptions): Head {
  const shared = resolveHeadOptions(options);
  const { pooling = 'avg' } = options;
  requireOneOf('pooling', pooling, POOLINGS);
  return {
    name: 'pooled',
    apply: (layers, features) => classify(layers, pool(layers, features, pooling), shared),
  };
}
