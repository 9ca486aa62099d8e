import { reject } from '../../../errors.js';
import { activation, elu, leakyRelu, relu, rescaling, softmax, unchanged } from './activation.js';
import { conv2d, depthwiseConv2d, separableConv2d } from './convolution.js';
import { dense } from './dense.js';
import type { LayerWriter } from './layer.js';
import { atOnce, byPairs, concatenate } from './merge.js';
import { batchNormalization } from './normalization.js';
import { globalPooling2d, pooling2d } from './pooling.js';
import { flatten, reshape, zeroPadding2d } from './reshaping.js';

/** Writers by the layer's class. A function, so that a bundler can drop it. */
const writers = (): Readonly<Record<string, LayerWriter>> => ({
  Activation: activation,
  Add: byPairs('Add'),
  AlphaDropout: unchanged,
  Average: atOnce('Mean'),
  AveragePooling2D: pooling2d('AveragePool'),
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: unchanged,
  ELU: elu,
  Flatten: flatten,
  GaussianDropout: unchanged,
  GaussianNoise: unchanged,
  GlobalAveragePooling2D: globalPooling2d('GlobalAveragePool'),
  GlobalMaxPooling2D: globalPooling2d('GlobalMaxPool'),
  LeakyReLU: leakyRelu,
  Maximum: atOnce('Max'),
  MaxPooling2D: pooling2d('MaxPool'),
  Minimum: atOnce('Min'),
  Multiply: byPairs('Mul'),
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  Softmax: softmax,
  ZeroPadding2D: zeroPadding2d,
});

/** @throws ArgumentError if layers of this class can't be exported */
export function writerOf(name: string, type: string): LayerWriter {
  const known = writers();
  return (
    known[type] ??
    reject(`layer "${name}"`, `one of ${Object.keys(known).join(', ')} for export to ONNX`, type)
  );
}
