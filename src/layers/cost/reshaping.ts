import type { Shape } from '../factory.js';
import {
  cost,
  type LayerCost,
  misfit,
  perAxis,
  type Sizes,
  spatial,
  type Subject,
  volume,
} from './layer-cost.js';

export function flattenCost(shape: Shape): LayerCost {
  return cost('Flatten', [volume(shape)]);
}

export function reshapeCost(
  config: Subject & {
    /** A size of −1 is inferred. */
    readonly targetShape: Shape;
  },
  shape: Shape,
): LayerCost {
  const { targetShape } = config;
  const known = volume(targetShape.filter((size) => size !== -1));
  const outputShape = targetShape.map((size) => (size === -1 ? volume(shape) / known : size));
  if (volume(outputShape) !== volume(shape) || !outputShape.every(Number.isInteger)) {
    misfit(config, 'Reshape', `an input that fills [${targetShape.join(', ')}]`, [shape]);
  }
  return cost('Reshape', outputShape);
}

export function permuteCost(
  config: Subject & {
    /** Axes of the input, counted from 1. */
    readonly dims: readonly number[];
  },
  shape: Shape,
): LayerCost {
  return cost(
    'Permute',
    config.dims.map((axis) => shape[axis - 1] ?? NaN),
  );
}

export function repeatVectorCost(
  config: Subject & { readonly n: number },
  shape: Shape,
): LayerCost {
  return cost('RepeatVector', [config.n, ...shape]);
}

/** Padding or cropping at both ends of each axis: `1`, `[1, 2]` per axis, or `[[0, 1], [0, 1]]` per end. */
type Margin = number | readonly (number | readonly number[])[];

/** The sum of both ends' margins, for each axis. */
function margins(margin: Margin, rank: number): Shape {
  if (typeof margin === 'number') return Array<number>(rank).fill(2 * margin);
  // With one axis, two numbers are its two ends.
  if (rank === 1) return [bothEnds(margin)];
  return margin.map((ends) => (typeof ends === 'number' ? 2 * ends : bothEnds(ends)));
}

const bothEnds = (ends: readonly (number | readonly number[])[]): number =>
  ends.reduce<number>((sum, end) => sum + (typeof end === 'number' ? end : NaN), 0);

/** A layer that changes each spatial size separately. */
function resized(
  type: string,
  config: Subject,
  shape: Shape,
  rank: number,
  change: (size: number, axis: number) => number,
): LayerCost {
  const { positions, channels } = spatial(config, type, shape, rank);
  return cost(type, [...positions.map(change), channels]);
}

export function paddingCost(
  type: string,
  config: Subject & { readonly padding: Margin },
  shape: Shape,
  rank: number,
): LayerCost {
  const added = margins(config.padding, rank);
  return resized(type, config, shape, rank, (size, axis) => size + (added[axis] ?? NaN));
}

export function croppingCost(
  type: string,
  config: Subject & { readonly cropping: Margin },
  shape: Shape,
  rank: number,
): LayerCost {
  const cut = margins(config.cropping, rank);
  return resized(type, config, shape, rank, (size, axis) => size - (cut[axis] ?? NaN));
}

export function upSamplingCost(
  type: string,
  config: Subject & { readonly size: Sizes },
  shape: Shape,
  rank: number,
): LayerCost {
  const factors = perAxis(config.size, rank);
  return resized(type, config, shape, rank, (size, axis) => size * (factors[axis] ?? NaN));
}

/** Layers that resize or crop to a fixed size. */
export function resizingCost(
  type: string,
  config: Subject & { readonly height: number; readonly width: number },
  shape: Shape,
): LayerCost {
  const { channels } = spatial(config, type, shape, 2);
  return cost(type, [config.height, config.width, channels]);
}
