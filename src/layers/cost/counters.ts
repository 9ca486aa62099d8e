import { ArgumentError } from '../../errors.js';
import type { Shape } from '../factory.js';
import { ONNX_LAYER } from '../onnx-layer.js';
import { getItemCost, stackCost } from './channels.js';
import {
  convolutionCost,
  denseCost,
  depthwiseConvolutionCost,
  separableConvolutionCost,
  transposedConvolutionCost,
} from './convolution.js';
import { type LayerCost, unchanged } from './layer-cost.js';
import { concatenateCost, mergeCost } from './merge.js';
import {
  batchNormalizationCost,
  groupNormalizationCost,
  layerNormalizationCost,
  normalizationCost,
  preluCost,
} from './normalization.js';
import { globalPoolingCost, poolingCost } from './pooling.js';
import {
  croppingCost,
  flattenCost,
  paddingCost,
  permuteCost,
  repeatVectorCost,
  reshapeCost,
  resizingCost,
  upSamplingCost,
} from './reshaping.js';

/**
 * Computes a layer's cost from its options and its input shapes, which exclude the batch dimension. Options have the names of `tf.layers`:
 * `kernelSize`, not `kernel_size`.
 *
 * @throws ArgumentError if the layer can't be called on inputs of these shapes
 */
export type LayerCounter = (
  config: { readonly name: string; readonly [option: string]: unknown },
  inputShapes: readonly Shape[],
) => LayerCost;

export type CounterConfig = Parameters<LayerCounter>[0];

/** Turns a function of one shape into a counter. Invalid options lead to invalid counts, which are checked later. */
const one =
  (count: (config: never, shape: Shape) => LayerCost): LayerCounter =>
  (config, [shape = []]) =>
    count(config as never, shape);

/** Counters for `Conv1D`, `Conv2D` and so on, which differ in the number of axes. */
const byRank = (
  prefix: string,
  count: (type: string, config: never, shape: Shape, rank: number) => LayerCost,
  { ranks = [1, 2, 3], suffix = 'D' } = {},
) =>
  ranks.map((rank): [string, LayerCounter] => {
    const type = `${prefix}${rank}${suffix}`;
    return [type, one((config, shape) => count(type, config, shape, rank))];
  });

/** Counters for layers that keep their input's shape and have no weights. */
const unchangedBy = (...types: string[]) =>
  types.map((type): [string, LayerCounter] => [type, one((_, shape) => unchanged(type, shape))]);

const merging = (...types: string[]) =>
  types.map((type): [string, LayerCounter] => [
    type,
    (config, shapes) => mergeCost(type, config, shapes),
  ]);

/** The layer that stands for an ONNX file. */
function refuseOnnx({ name }: CounterConfig): never {
  throw new ArgumentError(
    `layer "${name}": expected one of TensorFlow.js, got an ONNX file; analyze its bytes: await analyze(backbone.onnx)`,
  );
}

/** Counters for the layers of image models, by Keras's class name. A function, so that a bundler can drop it. */
export const builtInCounters = (): [string, LayerCounter][] => [
  ...byRank('Conv', convolutionCost),
  ...byRank('DepthwiseConv', depthwiseConvolutionCost, { ranks: [1, 2] }),
  ...byRank('SeparableConv', separableConvolutionCost, { ranks: [1, 2] }),
  ...byRank('Conv', transposedConvolutionCost, { suffix: 'DTranspose' }),
  ['Dense', one(denseCost)],
  ['BatchNormalization', one(batchNormalizationCost)],
  ['LayerNormalization', one(layerNormalizationCost)],
  ['GroupNormalization', one(groupNormalizationCost)],
  ['Normalization', one(normalizationCost)],
  ['PReLU', one(preluCost)],
  ...byRank('MaxPooling', poolingCost),
  ...byRank('AveragePooling', poolingCost),
  ...byRank('GlobalMaxPooling', globalPoolingCost),
  ...byRank('GlobalAveragePooling', globalPoolingCost),
  ...byRank('ZeroPadding', paddingCost),
  ...byRank('Cropping', croppingCost),
  ...byRank('UpSampling', upSamplingCost),
  ['Flatten', one((_, shape) => flattenCost(shape))],
  ['Reshape', one(reshapeCost)],
  ['Permute', one(permuteCost)],
  ['RepeatVector', one(repeatVectorCost)],
  ['Resizing', one((config, shape) => resizingCost('Resizing', config, shape))],
  ['CenterCrop', one((config, shape) => resizingCost('CenterCrop', config, shape))],
  ['GetItem', one(getItemCost)],
  ['Stack', (config, shapes) => stackCost(config, shapes)],
  ['Concatenate', (config, shapes) => concatenateCost(config, shapes)],
  ...merging('Add', 'Average', 'Maximum', 'Minimum', 'Multiply', 'Subtract'),
  ...unchangedBy('Activation', 'ELU', 'LeakyReLU', 'ReLU', 'Softmax', 'ThresholdedReLU'),
  ...unchangedBy('Dropout', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D'),
  ...unchangedBy('AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'ActivityRegularization'),
  ...unchangedBy('RandomBrightness', 'RandomContrast', 'RandomFlip', 'RandomRotation'),
  ...unchangedBy('RandomTranslation', 'RandomZoom', 'Rescaling', 'UnitNormalization'),
  // Keras 3's operations of one tensor, and division, which is usually by a number.
  ...unchangedBy('Divide', 'Elu', 'Gelu', 'HardSigmoid', 'HardSilu', 'Identity', 'LogSoftmax'),
  ...unchangedBy('Negative', 'Relu', 'Relu6', 'Selu', 'Sigmoid', 'Silu', 'Softplus', 'Softsign'),
  ...unchangedBy('Tanh', 'TrueDivide'),
  [ONNX_LAYER, refuseOnnx],
];
