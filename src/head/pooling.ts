import type { LayerFactory } from '../layers/factory.js';

/**
 * Global pooling of a feature map `[h, w, c]` to a vector: `'avg'` and `'max'`, `[c]`; `'avgmax'`, the mean of both, `[c]`;
 * `'catavgmax'`, the averages followed by the maxima, `[2c]`. Names and definitions are those of timm's
 * `adaptive_avgmax_pool.py`.
 */
export type Pooling = 'avg' | 'max' | 'avgmax' | 'catavgmax';

export const POOLINGS: readonly Pooling[] = ['avg', 'max', 'avgmax', 'catavgmax'];

/** Pools `[h, w, c]` to `[c]`, or to `[2c]` for `'catavgmax'`. */
export function pool<T>(layers: LayerFactory<T>, features: T, pooling: Pooling): T {
  const avg = () => layers.globalAveragePooling2d({ name: 'avg_pool' })(features);
  const max = () => layers.globalMaxPooling2d({ name: 'max_pool' })(features);
  switch (pooling) {
    case 'avg':
      return avg();
    case 'max':
      return max();
    case 'avgmax':
      return layers.average({ name: 'avgmax_pool' })([avg(), max()]);
    case 'catavgmax':
      return layers.concatenate({ name: 'catavgmax_pool' })([avg(), max()]);
  }
}
