import { type Names, reject, requireMapShape, requireOneOf, showList } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { type InitialWeights, resolveInitialWeights } from '../layers/initial-weights.js';
import {
  DEPTHS,
  type ResnetDepth,
  type ResnetVariant,
  VARIANTS,
  variantsOf,
} from './architecture.js';

/** Depth, variant and input shape of a ResNet. */
export interface ResnetShapeOptions {
  /** @default 50 */
  readonly depth?: ResnetDepth;
  /** @default 'v1'; 'v1.5' at depths 18 and 34, which Keras doesn't define */
  readonly variant?: ResnetVariant;
  /** `[height, width, channels]`; height and width must be at least 32. @default [224, 224, 3] */
  readonly inputShape?: Shape;
}

/**
 * A ResNet's shape and initial weights. With `weights: 'pending'` the input must have three channels, because published ResNet
 * weights are for RGB.
 */
export interface ResnetOptions extends ResnetShapeOptions, InitialWeights {}

export const SHAPE_NAMES: Names<ResnetShapeOptions> = {
  depth: true,
  variant: true,
  inputShape: true,
};

/** Number of classes of ImageNet-1k, and so of published tops. */
export const IMAGENET_NUM_CLASSES = 1000;

/** Halved five times, 32 pixels become one. Keras has the same limit. */
export const MIN_SIZE = 32;
const DEFAULT_INPUT_SHAPE: Shape = [224, 224, 3];
/** Published ResNets are trained on RGB. */
const PRETRAINED_CHANNELS = 3;

/** Checks the options and fills in the defaults. */
export function resolveShapeOptions(options: ResnetShapeOptions): Required<ResnetShapeOptions> {
  const { depth = 50, inputShape = DEFAULT_INPUT_SHAPE } = options;
  requireOneOf('depth', depth, DEPTHS);
  const published = variantsOf(depth);
  const { variant = published[0] } = options;
  requireOneOf('variant', variant, VARIANTS);
  if (!published.includes(variant)) {
    reject(
      'variant',
      `${showList(published)} at depth ${depth}`,
      variant,
      `Keras has no ResNet-${depth}; leave the variant out`,
    );
  }
  requireMapShape('inputShape', inputShape);
  const [height, width] = inputShape;
  if (height < MIN_SIZE || width < MIN_SIZE) {
    reject(
      'inputShape',
      `a height and width of at least ${MIN_SIZE} pixels`,
      inputShape,
      'resize the images: a ResNet halves them five times',
    );
  }
  return { depth, variant, inputShape };
}

/** Like {@link resolveShapeOptions}, with the options for initial weights. */
export function resolveResnetOptions(options: ResnetOptions) {
  const shape = resolveShapeOptions(options);
  const initial = resolveInitialWeights(options);
  if (initial.weights === 'pending' && shape.inputShape[2] !== PRETRAINED_CHANNELS) {
    reject(
      'inputShape',
      "three channels (RGB) with weights: 'pending'",
      shape.inputShape,
      "repeat a grey channel three times, drop an alpha channel, or use weights: 'random'",
    );
  }
  return { ...shape, ...initial };
}
