import type { Shape } from '../factory.js';
import {
  cost,
  type LayerCost,
  type Padding,
  type Sizes,
  slide,
  spatial,
  type Subject,
} from './layer-cost.js';

export interface PoolingConfig extends Subject {
  readonly poolSize: Sizes;
  /** @default the size of the window */
  readonly strides?: Sizes | null;
  /** @default 'valid' */
  readonly padding?: Padding;
}

export function poolingCost(
  type: string,
  config: PoolingConfig,
  shape: Shape,
  rank: number,
): LayerCost {
  const { poolSize, padding = 'valid' } = config;
  const { channels } = spatial(config, type, shape, rank);
  const window = { size: poolSize, strides: config.strides ?? poolSize, padding };
  return cost(type, [...slide(config, type, shape, window), channels]);
}

export function globalPoolingCost(
  type: string,
  config: Subject & { readonly keepdims?: boolean },
  shape: Shape,
  rank: number,
): LayerCost {
  const { positions, channels } = spatial(config, type, shape, rank);
  const kept = config.keepdims === true ? positions.map(() => 1) : [];
  return cost(type, [...kept, channels]);
}
