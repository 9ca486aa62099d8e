import type { Shape } from '../factory.js';
import {
  cost,
  lastAxis,
  type LayerCost,
  type Padding,
  perAxis,
  type Sizes,
  slide,
  spatial,
  type Subject,
  volume,
} from './layer-cost.js';

export interface ConvolutionConfig extends Subject {
  readonly kernelSize: Sizes;
  /** @default 1 */
  readonly strides?: Sizes;
  /** @default 'valid' */
  readonly padding?: Padding;
  /** @default 1 */
  readonly dilationRate?: Sizes;
  /** @default true */
  readonly useBias?: boolean;
}

/** The output's height and width, the input's channels, and the kernel's size in one channel. */
function place(config: ConvolutionConfig, type: string, shape: Shape, rank: number) {
  const { kernelSize, strides = 1, padding = 'valid', dilationRate = 1 } = config;
  const { channels } = spatial(config, type, shape, rank);
  const window = { size: kernelSize, strides, padding, dilation: dilationRate };
  const out = slide(config, type, shape, window);
  return { out, channels, kernel: volume(perAxis(kernelSize, rank)) };
}

/** Each output channel depends on all input channels of its group: kernel × inputs / groups × filters. */
export function convolutionCost(
  type: string,
  config: ConvolutionConfig & { readonly filters: number; readonly groups?: number },
  shape: Shape,
  rank: number,
): LayerCost {
  const { filters, groups = 1, useBias = true } = config;
  const { out, channels, kernel } = place(config, type, shape, rank);
  const weights = kernel * (channels / groups) * filters;
  return cost(type, [...out, filters], {
    params: weights + (useBias ? filters : 0),
    macs: volume(out) * weights,
  });
}

/** A transposed convolution: each input position adds a whole kernel to the output. */
export function transposedConvolutionCost(
  type: string,
  config: ConvolutionConfig & { readonly filters: number; readonly outputPadding?: Sizes | null },
  shape: Shape,
  rank: number,
): LayerCost {
  const { filters, kernelSize, strides = 1, padding = 'valid', useBias = true } = config;
  const { positions, channels } = spatial(config, type, shape, rank);
  const [sizes, steps] = [perAxis(kernelSize, rank), perAxis(strides, rank)];
  const extra = config.outputPadding == null ? undefined : perAxis(config.outputPadding, rank);
  const out = positions.map((length, axis) => {
    const [size = 1, stride = 1] = [sizes[axis], steps[axis]];
    // See Keras's `compute_conv_transpose_output_shape`.
    const added = extra?.[axis];
    if (added === undefined) {
      return length * stride + (padding === 'same' ? 0 : Math.max(size - stride, 0));
    }
    const trimmed = padding === 'same' ? 2 * Math.floor(size / 2) : 0;
    return (length - 1) * stride + size - trimmed + added;
  });
  const weights = volume(sizes) * channels * filters;
  return cost(type, [...out, filters], {
    params: weights + (useBias ? filters : 0),
    macs: volume(positions) * weights,
  });
}

interface DepthwiseConfig extends ConvolutionConfig {
  /** Outputs for each input channel. @default 1 */
  readonly depthMultiplier?: number;
}

/** Each channel is convolved separately: kernel × inputs × multiplier. */
export function depthwiseConvolutionCost(
  type: string,
  config: DepthwiseConfig,
  shape: Shape,
  rank: number,
): LayerCost {
  const { depthMultiplier = 1, useBias = true } = config;
  const { out, channels, kernel } = place(config, type, shape, rank);
  const filters = channels * depthMultiplier;
  const weights = kernel * filters;
  return cost(type, [...out, filters], {
    params: weights + (useBias ? filters : 0),
    macs: volume(out) * weights,
  });
}

/** A depthwise convolution without a bias, followed by a pointwise convolution. */
export function separableConvolutionCost(
  type: string,
  config: DepthwiseConfig & { readonly filters: number },
  shape: Shape,
  rank: number,
): LayerCost {
  const { depthMultiplier = 1, filters, useBias = true } = config;
  const { out, channels, kernel } = place(config, type, shape, rank);
  const weights = kernel * channels * depthMultiplier + channels * depthMultiplier * filters;
  return cost(type, [...out, filters], {
    params: weights + (useBias ? filters : 0),
    macs: volume(out) * weights,
  });
}

export function denseCost(
  config: Subject & { readonly units: number; readonly useBias?: boolean },
  shape: Shape,
): LayerCost {
  const { units, useBias = true } = config;
  const inputs = lastAxis(config, 'Dense', shape);
  const outer = shape.slice(0, -1);
  const kernel = inputs * units;
  return cost('Dense', [...outer, units], {
    params: kernel + (useBias ? units : 0),
    macs: volume(outer) * kernel,
  });
}
