import { ArgumentError } from '../errors.js';
import type {
  BatchNormalizationConfig,
  Conv2DConfig,
  DenseConfig,
  MaxPooling2DConfig,
  NamedConfig,
  Shape,
  ZeroPadding2DConfig,
} from './factory.js';

/** What one layer does to a shape and costs for one image. */
export interface LayerCost {
  /** Keras's class name. */
  readonly type: string;
  /** Without the batch dimension. */
  readonly outputShape: Shape;
  readonly params: number;
  /** Parameters that a gradient reaches; BatchNorm's moving mean and variance are not among them. */
  readonly trainableParams: number;
  /**
   * Multiply–accumulates of convolutions and dense layers, one image, forward. Biases, BatchNorm,
   * activations, pooling and additions count zero, as in fvcore and the ResNet paper.
   */
  readonly macs: number;
}

/** Weightless layers and those whose weights don't multiply count nothing but what they say here. */
function cost(type: string, outputShape: Shape, counts: Partial<LayerCost> = {}): LayerCost {
  const { params = 0, trainableParams = params, macs = 0 } = counts;
  return { type, outputShape, params, trainableParams, macs };
}

export const volume = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

function misfit(
  { name }: NamedConfig,
  type: string,
  expected: string,
  got: readonly Shape[],
): never {
  const shapes = got.map((shape) => `[${shape.join(', ')}]`).join(' and ');
  throw new ArgumentError(`layer "${name}" (${type}): expected ${expected}, got ${shapes}`);
}

function featureMap(config: NamedConfig, type: string, shape: Shape): [number, number, number] {
  const [height, width, channels, ...rest] = shape;
  if (height === undefined || width === undefined || channels === undefined || rest.length > 0) {
    return misfit(config, type, 'an input [height, width, channels]', [shape]);
  }
  return [height, width, channels];
}

function lastAxis(config: NamedConfig, type: string, shape: Shape): number {
  return shape.at(-1) ?? misfit(config, type, 'an input of rank 1 or more', [shape]);
}

/** Positions that a window of `size` takes along `length`, at steps of `stride`. */
const validSteps = (length: number, size: number, stride: number): number =>
  Math.floor((length - size) / stride) + 1;

const sameSteps = (length: number, stride: number): number => Math.ceil(length / stride);

export function inputCost(shape: Shape): LayerCost {
  return cost('InputLayer', shape);
}

/** A layer that keeps its input's shape and has no weights. */
export function unchanged(type: string, shape: Shape): LayerCost {
  return cost(type, shape);
}

export function batchNormalizationCost(config: BatchNormalizationConfig, shape: Shape): LayerCost {
  const channels = lastAxis(config, 'BatchNormalization', shape);
  // gamma and beta learn; the moving mean and variance only follow.
  return cost('BatchNormalization', shape, { params: 4 * channels, trainableParams: 2 * channels });
}

export function conv2dCost(config: Conv2DConfig, shape: Shape): LayerCost {
  const { filters, kernelSize, strides = 1, padding = 'valid', useBias = true } = config;
  const [height, width, channels] = featureMap(config, 'Conv2D', shape);
  if (padding === 'valid' && Math.min(height, width) < kernelSize) {
    misfit(config, 'Conv2D', `an input of at least ${kernelSize} pixels a side`, [shape]);
  }
  const steps = (length: number) =>
    padding === 'same' ? sameSteps(length, strides) : validSteps(length, kernelSize, strides);
  const outputShape = [steps(height), steps(width), filters];
  const kernel = kernelSize * kernelSize * channels * filters;
  return cost('Conv2D', outputShape, {
    params: kernel + (useBias ? filters : 0),
    macs: steps(height) * steps(width) * kernel,
  });
}

export function denseCost(config: DenseConfig, shape: Shape): LayerCost {
  const inputs = lastAxis(config, 'Dense', shape);
  const positions = volume(shape) / inputs;
  const kernel = inputs * config.units;
  return cost('Dense', [...shape.slice(0, -1), config.units], {
    params: kernel + config.units,
    macs: positions * kernel,
  });
}

export function flattenCost(shape: Shape): LayerCost {
  return cost('Flatten', [volume(shape)]);
}

export function globalPoolingCost(type: string, config: NamedConfig, shape: Shape): LayerCost {
  const [, , channels] = featureMap(config, type, shape);
  return cost(type, [channels]);
}

export function maxPooling2dCost(config: MaxPooling2DConfig, shape: Shape): LayerCost {
  const [height, width, channels] = featureMap(config, 'MaxPooling2D', shape);
  const { poolSize, strides } = config;
  if (Math.min(height, width) < poolSize) {
    misfit(config, 'MaxPooling2D', `an input of at least ${poolSize} pixels a side`, [shape]);
  }
  const steps = (length: number) => validSteps(length, poolSize, strides);
  return cost('MaxPooling2D', [steps(height), steps(width), channels]);
}

export function zeroPadding2dCost(config: ZeroPadding2DConfig, shape: Shape): LayerCost {
  const [height, width, channels] = featureMap(config, 'ZeroPadding2D', shape);
  const added = 2 * config.padding;
  return cost('ZeroPadding2D', [height + added, width + added, channels]);
}

/** An element-wise merge: all shapes alike. */
export function mergeCost(type: string, config: NamedConfig, shapes: readonly Shape[]): LayerCost {
  const [first] = shapes;
  if (first === undefined || !shapes.every((shape) => sameShape(shape, first))) {
    return misfit(config, type, 'inputs of one shape', shapes);
  }
  return cost(type, first);
}

export function concatenateCost(config: NamedConfig, shapes: readonly Shape[]): LayerCost {
  const [first = []] = shapes;
  const outer = first.slice(0, -1);
  if (first.length === 0 || !shapes.every((shape) => sameShape(shape.slice(0, -1), outer))) {
    return misfit(config, 'Concatenate', 'inputs alike but for their last axis', shapes);
  }
  const joined = shapes.reduce((sum, shape) => sum + lastAxis(config, 'Concatenate', shape), 0);
  return cost('Concatenate', [...outer, joined]);
}
