import { type Names, requireKnown, requireOneOf } from '../errors.js';
import { classify, type Head, HEAD_NAMES, type HeadOptions, resolveHeadOptions } from './head.js';
import { pool, type Pooling, POOLINGS } from './pooling.js';

/**
 * One linear layer bears larger steps than two on top of each other. On MobileNet's features of cats and dogs (600 unseen,
 * mean of 8 draws) 5e-3 gives 92.8 % with 20 images per class and 96.8 % with 100, and 1e-3 gives 91.1 and 95.2; with 5 images
 * it is 83.8 against 84.9. The expected calibration error falls at all three, as from 15.0 to 5.2 at 20.
 */
const LEARNING_RATE = 5e-3;

export interface PooledHeadOptions extends HeadOptions {
  /** @default 'avg' */
  readonly pooling?: Pooling;
}

/** What it takes beside {@link HeadOptions}. */
export const POOLED_NAMES: Names<Omit<PooledHeadOptions, keyof HeadOptions>> = { pooling: true };

/**
 * Global pooling, then one dense layer: `[h, w, c]` → `[c]` → `[numClasses]`.
 *
 * `c × n + n` weights, whatever the map's size; 20,490 for 2,048 channels and 10 classes. Where the
 * object stands in the picture is lost in the pooling.
 *
 * @throws ArgumentError on an option out of range
 */
export function pooledHead(options: PooledHeadOptions): Head {
  requireKnown<PooledHeadOptions>('options', options, { ...HEAD_NAMES, ...POOLED_NAMES });
  const shared = resolveHeadOptions(options);
  const { pooling = 'avg' } = options;
  requireOneOf('pooling', pooling, POOLINGS);
  return {
    name: 'pooled',
    learningRate: LEARNING_RATE,
    apply: (layers, features) => classify(layers, pool(layers, features, pooling), shared),
  };
}
