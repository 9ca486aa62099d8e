import { show } from '../errors.js';
import { activation, endingOf, relu } from './activations.js';
import { normalization, rescaling } from './affine.js';
import { subtractLayer } from './arithmetic.js';
import type { Json } from '../json.js';
import { BUILD_WITHOUT, inputOf, type Rule, type Scope, unchanged } from './scope.js';

/** The one value of an option that TensorFlow.js can do. */
type Only = Readonly<Record<string, readonly unknown[]>>;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function requireOnly({ layer: { config }, fail }: Scope, only: Only): void {
  for (const [key, allowed] of Object.entries(only)) {
    const value = config[key] ?? null;
    if (value === null || allowed.some((each) => same(each, value))) continue;
    fail(
      `${key} ${JSON.stringify(allowed[0])}, as TensorFlow.js has no other`,
      show(value),
      BUILD_WITHOUT,
    );
  }
}

/** Those options of a layer that change what it computes, under the names that both have for them. */
const pick = ({ layer: { config } }: Scope, options: readonly string[]): Json =>
  Object.fromEntries(
    options.filter((key) => (config[key] ?? null) !== null).map((key) => [key, config[key]]),
  );

/** A layer that both have. Initializers, regularizers and constraints are left out: training alone reads them. */
const copy =
  (
    options: readonly string[] = [],
    only: Only = {},
    shaped?: (scope: Scope) => readonly unknown[] | undefined,
  ): Rule =>
  (scope) => {
    requireOnly(scope, only);
    const { className } = scope.layer;
    return scope.emit(className, pick(scope, options), { shape: shaped?.(scope) });
  };

/** A layer that ends in an activation. */
const ending =
  (options: readonly string[], only: Only): Rule =>
  (scope) => {
    requireOnly(scope, only);
    const { option, append } = endingOf(scope);
    const config = { ...pick(scope, options), activation: option };
    return append(scope.emit(scope.layer.className, config));
  };

const LAST: Only = { data_format: ['channels_last'] };
const UNDILATED: Only = { dilation_rate: [1, [1], [1, 1]] };
const CONVOLUTION = ['filters', 'kernel_size', 'strides', 'padding', 'use_bias'];
const POOLING = ['pool_size', 'strides', 'padding'];

const conv = ending([...CONVOLUTION, 'dilation_rate'], { ...LAST, groups: [1] });
// Causal padding fails when a layer with it is called.
const conv1d = ending([...CONVOLUTION, 'dilation_rate'], {
  ...LAST,
  groups: [1],
  padding: ['valid', 'same'],
});
const pooling = copy(POOLING, LAST);
const sameShape = (scope: Scope) => scope.inputs[0]?.shape;
const merging = copy();

/** Over all positions; with `keepdims` their axes stay, of size 1. */
const globalPooling: Rule = (scope) => {
  requireOnly(scope, LAST);
  const { className, config } = scope.layer;
  const { shape } = inputOf(scope);
  const pooled = shape && [shape[0], shape.at(-1)];
  if (config['keepdims'] !== true) return scope.emit(className, {}, { shape: pooled });
  const target = [...(shape ?? []).slice(1, -1).map(() => 1), shape?.at(-1)];
  const flat = scope.emit(className, {}, { suffix: '_pool', shape: pooled });
  return scope.emit(
    'Reshape',
    { target_shape: requireSizes(scope, target) },
    { inputs: [flat], shape: [null, ...target] },
  );
};

/** Sizes that are known, of which there is at least one: what TensorFlow.js builds on needs them. */
function requireSizes({ fail }: Scope, sizes: readonly unknown[]): readonly unknown[] {
  return sizes.length > 0 && sizes.every((size) => Number.isSafeInteger(size) && Number(size) > 0)
    ? sizes
    : fail(
        'a shape of known sizes',
        show(sizes),
        'build the model with the functional API, for an input of one size',
      );
}

const reshape: Rule = (scope) => {
  const { target_shape: given } = scope.layer.config;
  const target = Array.isArray(given) ? (given as readonly unknown[]) : [];
  const sizes = (inputOf(scope).shape ?? []).slice(1).map(Number);
  const known = target.filter((size) => size !== -1).map(Number);
  const product = (all: readonly number[]) => all.reduce((a, b) => a * b, 1);
  // One size may be left to Keras.
  const open = sizes.length === 0 ? -1 : product(sizes) / product(known);
  const shape = requireSizes(
    scope,
    target.map((size) => (size === -1 ? open : size)),
  );
  return scope.emit('Reshape', { target_shape: shape }, { shape: [null, ...shape] });
};

/** Axes in a list, of which TensorFlow.js takes one. */
const alongAxis =
  (options: readonly string[], only: Only = {}): Rule =>
  (scope) => {
    requireOnly(scope, only);
    const { axis } = scope.layer.config;
    const [first, another] = Array.isArray(axis) ? (axis as readonly unknown[]) : [axis];
    if (!Number.isInteger(first) || another !== undefined)
      scope.fail('one axis', show(axis), BUILD_WITHOUT);
    const config = { ...pick(scope, options), axis: first };
    return scope.emit(scope.layer.className, config, { shape: sameShape(scope) });
  };

/** Layers that do something in training only; TensorFlow.js has no augmentation, and Dropout as its own. */
const TRAINING_ONLY =
  'ActivityRegularization AlphaDropout AugMix CutMix GaussianDropout GaussianNoise MixUp RandAugment RandomBrightness ' +
  'RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing RandomFlip ' +
  'RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation ' +
  'RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom Solarization SpatialDropout1D ' +
  'SpatialDropout2D SpatialDropout3D';

const NORMALIZED = ['epsilon', 'center', 'scale'];

/** By Keras's class. */
export const layers: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(TRAINING_ONLY.split(' ').map((className) => [className, unchanged])),
  Activation: activation,
  Add: merging,
  Average: merging,
  AveragePooling1D: pooling,
  AveragePooling2D: pooling,
  BatchNormalization: alongAxis([...NORMALIZED, 'momentum'], { renorm: [false] }),
  Concatenate: copy(['axis']),
  Conv1D: conv1d,
  Conv2D: conv,
  Conv2DTranspose: ending(CONVOLUTION, { ...LAST, ...UNDILATED, output_padding: [] }),
  Cropping2D: copy(['cropping'], LAST),
  Dense: ending(['units', 'use_bias'], { lora_rank: [], quantization_config: [] }),
  DepthwiseConv2D: ending(['kernel_size', 'strides', 'padding', 'depth_multiplier', 'use_bias'], {
    ...LAST,
    ...UNDILATED,
  }),
  Dropout: copy(['rate', 'noise_shape'], {}, sameShape),
  ELU: copy([], { alpha: [1] }, sameShape),
  Flatten: copy([], LAST),
  GlobalAveragePooling1D: globalPooling,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling1D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  Identity: unchanged,
  LayerNormalization: alongAxis(NORMALIZED, { rms_scaling: [false] }),
  LeakyReLU: (scope) =>
    scope.emit(
      'LeakyReLU',
      { alpha: scope.layer.config['negative_slope'] ?? scope.layer.config['alpha'] },
      { shape: sameShape(scope) },
    ),
  MaxPooling1D: pooling,
  MaxPooling2D: pooling,
  Maximum: merging,
  Minimum: merging,
  Multiply: merging,
  Normalization: normalization,
  PReLU: copy(['shared_axes'], {}, sameShape),
  Permute: copy(['dims']),
  ReLU: relu,
  RepeatVector: copy(['n']),
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: ending([...CONVOLUTION, 'dilation_rate', 'depth_multiplier'], LAST),
  Softmax: alongAxis([]),
  Subtract: subtractLayer,
  // TensorFlow.js's bilinear one takes other positions than Keras's.
  UpSampling2D: copy(['size'], { ...LAST, interpolation: ['nearest'] }),
  ZeroPadding2D: copy(['padding'], LAST),
};
