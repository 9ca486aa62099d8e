import * as tf from '@tensorflow/tfjs';
import { resnetFeatures } from '../base/architecture.js';
import {
  IMAGENET_NUM_CLASSES,
  resolveResnetOptions,
  type ResnetOptions,
  SHAPE_NAMES,
} from '../base/options.js';
import { reject, requireKnown } from '../errors.js';
import { pooledHead } from '../head/pooled.js';
import { INITIAL_NAMES } from '../layers/initial-weights.js';
import { buildLayers } from '../layers/tensorflow.js';
import { attachToOwn } from './attach.js';

export interface BaseOptions extends ResnetOptions {
  /**
   * Whether to add the original top: average pooling and a softmax over ImageNet's 1,000 classes, whose names `loadClassifier`
   * adds.
   * @default false
   */
  readonly includeTop?: boolean;
}

/**
 * Builds a ResNet without its top: images `[h, w, c]` → features `[⌈h/32⌉, ⌈w/32⌉, 2048]`, or 512 channels at depth 18 and 34.
 *
 * The default variant is v1 (Keras's); at depth 18 and 34, which only torchvision and timm define, it is v1.5. At depth 50,
 * variant v1: 175 layers, 23,587,712 parameters of which 23,534,592 are trainable, and 3,855,925,248 convolution MACs at 224×224;
 * 25,636,712 parameters with its top. Layer names are Keras's. Synchronous; the weights are random until trained ones are loaded.
 *
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError if an option is out of range, before anything is allocated
 */
export function resnet(options: BaseOptions = {}): tf.LayersModel {
  requireKnown('options', options, { ...SHAPE_NAMES, ...INITIAL_NAMES, includeTop: true });
  const { depth, variant, inputShape, weights, seed } = resolveResnetOptions(options);
  const { includeTop = false } = options;
  if (typeof includeTop !== 'boolean') reject('includeTop', 'true or false', includeTop);

  const image = tf.input({ shape: [...inputShape], name: 'input' });
  const { layers } = buildLayers({ weights, seed });
  const base = tf.model({
    inputs: image,
    outputs: resnetFeatures(layers, image, { depth, variant }),
    name: `resnet${depth}${variant.replace('.', '_')}`,
  });
  if (!includeTop) return base;
  return attachToOwn(base, pooledHead({ numClasses: IMAGENET_NUM_CLASSES }), { weights, seed });
}
