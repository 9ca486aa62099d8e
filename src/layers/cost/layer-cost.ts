import { ArgumentError } from '../../errors.js';
import type { Shape } from '../factory.js';

/** A layer's output shape, parameters and multiply–accumulates for one image. */
export interface LayerCost {
  /** Keras's class name. */
  readonly type: string;
  /** Without the batch dimension. */
  readonly outputShape: Shape;
  readonly params: number;
  /** Parameters that can be trained, without BatchNorm's moving mean and variance. */
  readonly trainableParams: number;
  /**
   * Multiply–accumulates of convolutions and dense layers in one forward pass of one image. Biases, BatchNorm, activations, pooling and
   * additions count zero, as in fvcore and the ResNet paper.
   */
  readonly macs: number;
}

/** One size per axis of a window, or one size for all axes. */
export type Sizes = number | readonly number[];

export type Padding = 'valid' | 'same' | 'causal';

/** The layer's name, for error messages. */
export interface Subject {
  readonly name: string;
}

/** Creates a cost; counts that are not given are zero. */
export function cost(type: string, outputShape: Shape, counts: Partial<LayerCost> = {}): LayerCost {
  const { params = 0, trainableParams = params, macs = 0 } = counts;
  return { type, outputShape, params, trainableParams, macs };
}

/**
 * Checks that counts are valid: below 2^53, up to which they are exact, and not NaN or negative, which invalid options lead to.
 *
 * @throws ArgumentError if they aren't
 */
export function requireCounts({ name }: Subject, layer: LayerCost): void {
  for (const count of [layer.params, layer.macs, ...layer.outputShape]) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new ArgumentError(
        `layer "${name}" (${layer.type}): expected counts below 2^53, got ${count}; use a smaller input or head`,
      );
    }
  }
}

/** A layer that keeps its input's shape and has no weights. */
export function unchanged(type: string, shape: Shape): LayerCost {
  return cost(type, shape);
}

export const volume = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

export function misfit(
  { name }: Subject,
  type: string,
  expected: string,
  got: readonly Shape[],
): never {
  const shapes = got.map((shape) => `[${shape.join(', ')}]`).join(' and ');
  throw new ArgumentError(`layer "${name}" (${type}): expected ${expected}, got ${shapes}`);
}

const AXES = ['height', 'width', 'depth'] as const;

/** Splits an input's shape into spatial sizes and channels. */
export function spatial(
  subject: Subject,
  type: string,
  shape: Shape,
  rank: number,
): { readonly positions: Shape; readonly channels: number } {
  const channels = shape[rank];
  if (shape.length !== rank + 1 || channels === undefined) {
    const axes = rank === 1 ? ['steps'] : AXES.slice(0, rank);
    return misfit(subject, type, `an input [${[...axes, 'channels'].join(', ')}]`, [shape]);
  }
  return { positions: shape.slice(0, rank), channels };
}

export function lastAxis(subject: Subject, type: string, shape: Shape): number {
  return shape.at(-1) ?? misfit(subject, type, 'an input of rank 1 or more', [shape]);
}

/** One size for each of `rank` axes. */
export const perAxis = (sizes: Sizes, rank: number): Shape =>
  typeof sizes === 'number' ? Array<number>(rank).fill(sizes) : sizes;

/** How a window moves over its input. */
export interface Window {
  readonly size: Sizes;
  readonly strides: Sizes;
  readonly padding: Padding;
  readonly dilation?: Sizes;
}

/** Number of positions of a window along each spatial axis. */
export function slide(
  subject: Subject,
  type: string,
  shape: Shape,
  { size, strides, padding, dilation = 1 }: Window,
): Shape {
  const rank = shape.length - 1;
  const [sizes, steps, dilations] = [size, strides, dilation].map((each) => perAxis(each, rank));
  return shape.slice(0, rank).map((length, axis) => {
    const stride = steps?.[axis] ?? 1;
    // With padding ('same' or 'causal'), only strides reduce the size.
    if (padding !== 'valid') return Math.ceil(length / stride);
    const reach = ((sizes?.[axis] ?? 1) - 1) * (dilations?.[axis] ?? 1) + 1;
    if (length < reach) {
      misfit(subject, type, `an input of at least ${reach} pixels a side`, [shape]);
    }
    return Math.floor((length - reach) / stride) + 1;
  });
}
