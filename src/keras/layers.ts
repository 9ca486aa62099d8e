import { show } from '../errors.js';
import { activation, endingOf, relu } from './activations.js';
import { normalization, rescaling } from './affine.js';
import { subtractLayer } from './arithmetic.js';
import type { Json } from '../json.js';
import { BUILD_WITHOUT, inputOf, type Rule, type Scope, unchanged } from './scope.js';

/** Values of options that TensorFlow.js supports. */
type Only = Readonly<Record<string, readonly unknown[]>>;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function requireOnly({ layer: { config }, fail }: Scope, only: Only): void {
  for (const [key, allowed] of Object.entries(only)) {
    const value = config[key] ?? null;
    if (value === null || allowed.some((each) => same(each, value))) continue;
    fail(
      `${key} ${JSON.stringify(allowed[0])}, as TensorFlow.js supports no other`,
      show(value),
      BUILD_WITHOUT,
    );
  }
}

/** Picks options of a layer, whose names are the same in Keras and TensorFlow.js. */
const pick = ({ layer: { config } }: Scope, options: readonly string[]): Json =>
  Object.fromEntries(
    options.filter((key) => (config[key] ?? null) !== null).map((key) => [key, config[key]]),
  );

/** A layer that Keras and TensorFlow.js share. Initializers, regularizers and constraints are dropped, because only training uses them. */
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

/** A layer with an `activation` option. */
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
// TensorFlow.js fails when it calls a layer with causal padding.
const conv1d = ending([...CONVOLUTION, 'dilation_rate'], {
  ...LAST,
  groups: [1],
  padding: ['valid', 'same'],
});
const pooling = copy(POOLING, LAST);
const sameShape = (scope: Scope) => scope.inputs[0]?.shape;
const merging = copy();

/** Pools over all positions. With `keepdims`, their axes are kept with size 1. */
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

/** Checks that there is at least one size and that all are known, as TensorFlow.js needs them. */
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
  // One size may be -1, which Keras infers.
  const open = sizes.length === 0 ? -1 : product(sizes) / product(known);
  const shape = requireSizes(
    scope,
    target.map((size) => (size === -1 ? open : size)),
  );
  return scope.emit('Reshape', { target_shape: shape }, { shape: [null, ...shape] });
};

/** A layer with an `axis` option, which Keras may write as a list. TensorFlow.js supports one axis. */
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

/** Layers that act in training only. Dropout is missing here, because TensorFlow.js has it. */
const TRAINING_ONLY =
  'ActivityRegularization AlphaDropout AugMix CutMix GaussianDropout GaussianNoise MixUp RandAugment RandomBrightness ' +
  'RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing RandomFlip ' +
  'RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation ' +
  'RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom Solarization SpatialDropout1D ' +
  'SpatialDropout2D SpatialDropout3D';

const NORMALIZED = ['epsilon', 'center', 'scale'];

/** Rules by Keras's class name. */
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
  // TensorFlow.js's bilinear upsampling samples other positions than Keras's.
  UpSampling2D: copy(['size'], { ...LAST, interpolation: ['nearest'] }),
  ZeroPadding2D: copy(['padding'], LAST),
};
