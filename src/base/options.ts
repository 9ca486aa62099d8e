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

/** What decides a ResNet's shapes and counts. */
export interface ResnetShapeOptions {
  /** @default 50 */
  readonly depth?: ResnetDepth;
  /** @default 'v1', and 'v1.5' at depth 18 and 34, of which Keras has no definition */
  readonly variant?: ResnetVariant;
  /** Height, width and channels; height and width from 32 up. @default [224, 224, 3] */
  readonly inputShape?: Shape;
}

/**
 * A ResNet's shape and how its weights start. With `weights: 'pending'` the input has three channels,
 * since published ResNet weights are for RGB.
 */
export interface ResnetOptions extends ResnetShapeOptions, InitialWeights {}

export const SHAPE_NAMES: Names<ResnetShapeOptions> = {
  depth: true,
  variant: true,
  inputShape: true,
};

/** Classes of ImageNet-1k, which published tops score. */
export const IMAGENET_NUM_CLASSES = 1000;

/** Five halvings take 32 pixels to one; Keras draws the same line. */
const MIN_SIZE = 32;
const DEFAULT_INPUT_SHAPE: Shape = [224, 224, 3];
/** Red, green and blue: what every published ResNet was trained on. */
const PRETRAINED_CHANNELS = 3;

/** Checks shapes once, at the entry, and fills in the defaults. */
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

/** As {@link resolveShapeOptions}, with what a built model needs beside. */
export function resolveResnetOptions(options: ResnetOptions) {
  const shape = resolveShapeOptions(options);
  const initial = resolveInitialWeights(options);
  if (initial.weights === 'pending' && shape.inputShape[2] !== PRETRAINED_CHANNELS) {
    reject(
      'inputShape',
      'three channels (RGB) where pretrained weights are to be loaded',
      shape.inputShape,
      "repeat a grey channel three times, drop an alpha channel, or use weights: 'random'",
    );
  }
  return { ...shape, ...initial };
}
