import * as tf from '@tensorflow/tfjs';
import { attachHead, pooledHead } from 'resnet-heads';
import { resnetFeatures, type ResnetVariant } from '../../src/base/architecture';
import { buildLayers } from '../../src/layers/tensorflow';

/** One block a stage, two filters wide: a ResNet in names and structure, with some 10,000 weights. */
export function miniResnet(variant: ResnetVariant = 'v1', seed?: number): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3], name: 'input' });
  const { layers } = buildLayers(seed === undefined ? { weights: 'pending' } : { seed });
  const features = resnetFeatures(layers, image, { depth: [1, 1, 1, 1], width: 2, variant });
  return tf.model({ inputs: image, outputs: features, name: 'mini' });
}

/** As the fixtures of scripts/goldens/weight_fixtures.py: a pooled head on {@link miniResnet}. */
export function miniClassifier(
  variant: ResnetVariant = 'v1',
  numClasses = 10,
  seed?: number,
): tf.LayersModel {
  const options = seed === undefined ? ({ weights: 'pending' } as const) : { seed };
  return attachHead(miniResnet(variant, seed), pooledHead({ numClasses }), options);
}

/** Every number of a model, in the order of its layers. */
export const numbers = (model: tf.LayersModel): number[] =>
  model.layers.flatMap((layer) => layer.weights.flatMap((weight) => [...weight.read().dataSync()]));

/** As torch-basic.safetensors of scripts/goldens/weight_fixtures.py: basic blocks, two of them in conv3, on a map of 2 × 3. */
export function miniBasic(seed?: number): tf.LayersModel {
  const image = tf.input({ shape: [64, 96, 3], name: 'input' });
  const options = seed === undefined ? ({ weights: 'pending' } as const) : { seed };
  const features = resnetFeatures(buildLayers(options).layers, image, {
    depth: [1, 2, 1, 1],
    block: 'basic',
    variant: 'v1.5',
    width: 2,
  });
  const base = tf.model({ inputs: image, outputs: features, name: 'basic' });
  return attachHead(base, pooledHead({ numClasses: 10 }), options);
}

/** A base that takes pixels as they are. */
export const unscaled = (model: tf.LayersModel) => ({ model, preprocessing: 'none' }) as const;
