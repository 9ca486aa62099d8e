import * as tf from '@tensorflow/tfjs';
import { buildLayers } from '../layers/tensorflow.js';
import { resnetFeatures } from './architecture.js';
import { resolveResnetOptions, type ResnetOptions } from './options.js';

/**
 * A ResNet without its top: images `[h, w, c]` → features `[⌈h/32⌉, ⌈w/32⌉, 2048]`.
 *
 * At depth 50, variant v1: 175 layers, 23,587,712 parameters of which 23,534,592 are trainable, and
 * 3,855,925,248 convolution MACs at 224×224. Layer names are Keras's. Synchronous, and the weights
 * are random: load trained ones before you expect anything of it.
 *
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError on an option out of range, before anything is allocated
 */
export function resnet(options: ResnetOptions = {}): tf.LayersModel {
  const { depth, variant, inputShape, weights, seed } = resolveResnetOptions(options);
  const image = tf.input({ shape: [...inputShape], name: 'input' });
  const { layers } = buildLayers({ weights, seed });
  return tf.model({
    inputs: image,
    outputs: resnetFeatures(layers, image, { depth, variant }),
    name: `resnet${depth}${variant.replace('.', '_')}`,
  });
}
