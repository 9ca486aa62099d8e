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
   * Ends the model as its authors did: average pooling and a softmax over ImageNet's 1,000 classes, which
   * `loadClassifier` names.
   * @default false
   */
  readonly includeTop?: boolean;
}

/**
 * A ResNet without its top: images `[h, w, c]` → features `[⌈h/32⌉, ⌈w/32⌉, 2048]`, or 512 channels at depth 18
 * and 34.
 *
 * At depth 18 and 34 the variant is v1.5, since only torchvision and timm define them; elsewhere v1, Keras's, is the default.
 * At depth 50, variant v1: 175 layers, 23,587,712 parameters of which 23,534,592 are trainable, and
 * 3,855,925,248 convolution MACs at 224×224; 25,636,712 parameters with its top. Layer names are Keras's.
 * Synchronous, and the weights are random: load trained ones before you expect anything of it.
 *
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError on an option out of range, before anything is allocated
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
