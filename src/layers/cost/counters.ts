import type { Shape } from '../factory.js';
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
 * What a layer costs, by its options as `tf.layers` takes them, `kernelSize` and not `kernel_size`, and the shapes that it is
 * called on, without the batch dimension.
 *
 * @throws ArgumentError where it can't be called on these
 */
export type LayerCounter = (
  config: { readonly name: string; readonly [option: string]: unknown },
  inputShapes: readonly Shape[],
) => LayerCost;

export type CounterConfig = Parameters<LayerCounter>[0];

/** A function of one shape, over whatever options it needs. Wrong ones show in its counts, which are checked. */
const one =
  (count: (config: never, shape: Shape) => LayerCost): LayerCounter =>
  (config, [shape = []]) =>
    count(config as never, shape);

/** `Conv1D`, `Conv2D` and so on: what differs is the number of axes. */
const byRank = (
  prefix: string,
  count: (type: string, config: never, shape: Shape, rank: number) => LayerCost,
  { ranks = [1, 2, 3], suffix = 'D' } = {},
) =>
  ranks.map((rank): [string, LayerCounter] => {
    const type = `${prefix}${rank}${suffix}`;
    return [type, one((config, shape) => count(type, config, shape, rank))];
  });

/** Layers that keep their input's shape, and multiply no weights. */
const unchangedBy = (...types: string[]) =>
  types.map((type): [string, LayerCounter] => [type, one((_, shape) => unchanged(type, shape))]);

const merging = (...types: string[]) =>
  types.map((type): [string, LayerCounter] => [
    type,
    (config, shapes) => mergeCost(type, config, shapes),
  ]);

/** The layers of image models, by Keras's class name. Made when asked for, so that a bundler can leave it out. */
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
  // Of Keras 3's operations, those of one tensor, and the division, by a number as a rule.
  ...unchangedBy('Divide', 'Elu', 'Gelu', 'HardSigmoid', 'HardSilu', 'Identity', 'LogSoftmax'),
  ...unchangedBy('Negative', 'Relu', 'Relu6', 'Selu', 'Sigmoid', 'Silu', 'Softplus', 'Softsign'),
  ...unchangedBy('Tanh', 'TrueDivide'),
];
