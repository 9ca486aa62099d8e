import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  denseHead,
  flattenedHead,
  type Head,
  pooledHead,
  preprocess,
  translationRobustness,
} from 'resnet-heads';
import { drawImage, drawWeights } from '../../setup/draw';
import type { Case } from './case';
import {
  answer,
  classifierOf,
  fourPictures,
  miniBase,
  miniClassifier,
  toPixels,
  withDrawn,
} from './models';

/** Plain JavaScript takes all four images for class 2, shifted or not; the third is said to be another. */
const ROBUSTNESS_LABELS = [2, 2, 0, 2];
const ROBUSTNESS = [
  [0, 0.75, 1],
  [8, 0.75, 1],
];

/** Scores each position by its brightness: a base and a head of known weights. */
function brightness(shape: readonly [number, number, number]): tf.LayersModel {
  const image = tf.input({ shape: [...shape] });
  const sum = tf.layers.conv2d({ filters: 1, kernelSize: 1, kernelInitializer: 'ones' });
  const base = tf.model({ inputs: image, outputs: sum.apply(image) as tf.SymbolicTensor });
  const model = attachHead(base, pooledHead({ numClasses: 2, activation: 'linear' }));
  const weights = [tf.tensor2d([[1, 0]]), tf.zeros([2])];
  model.getLayer('predictions').setWeights(weights);
  tf.dispose(weights);
  return model;
}

/** A head with convolutions, whose gradients wasm lacks. */
function convolved(): tf.LayersModel {
  const inputs = tf.input({ shape: [4, 4, 3] });
  const how = { kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  const wide = tf.layers.conv2d({ ...how, filters: 4, name: 'wide' }).apply(inputs);
  const each = tf.layers.depthwiseConv2d({ ...how, name: 'each' }).apply(wide);
  const flat = tf.layers.flatten().apply(each);
  const outputs = tf.layers.dense({ units: 10, name: 'predictions' }).apply(flat);
  return tf.model({ inputs, outputs: outputs as tf.SymbolicTensor });
}

const PLAIN = { numClasses: 10, activation: 'linear' } as const;
/** Heads of which the map's mean is the logit, if they have no biases. */
const HEADS: Readonly<Record<string, Head | (() => tf.LayersModel)>> = {
  flattened: flattenedHead({ ...PLAIN, hiddenUnits: 8 }),
  catavgmax: pooledHead({ ...PLAIN, pooling: 'catavgmax' }),
  avgmax: pooledHead({ ...PLAIN, pooling: 'avgmax' }),
  perceptron: denseHead({ ...PLAIN, hiddenUnits: 8, pooling: 'max' }),
  convolved,
};

/** Hands each image on, so that there are more positions than one. */
function pixelBase(): tf.LayersModel {
  const image = tf.input({ shape: [4, 4, 3] });
  const end = tf.layers.activation({ activation: 'linear' }).apply(image) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: end });
}

export const explaining: readonly Case[] = [
  {
    name: "classifier.explain: the map's mean is the logit of a head without biases",
    run: async (check) => {
      for (const [name, each] of Object.entries(HEADS)) {
        const head = typeof each === 'function' ? each() : undefined;
        const model = head
          ? attachHead(pixelBase(), head)
          : attachHead(pixelBase(), each as Head, { weights: 'pending' });
        await withDrawn(model, async () => {
          for (const layer of model.layers.filter(({ weights }) => weights.length > 0)) {
            const [kernel, bias] = layer.getWeights();
            const none = tf.zerosLike(bias!);
            layer.setWeights([kernel!, none]);
            none.dispose();
          }
          const image = drawImage([4, 4, 3]);
          const logits = await answer(model, image);
          const pixels = toPixels(image);
          const picture = pixels.squeeze<tf.Tensor3D>([0]);
          const classifier = await classifierOf(model);
          const className = classifier.classes[3]!;
          const { values, overlay, score } = await classifier.explain(picture, { className });
          const numbers = await values.data<'float32'>();
          const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
          check.same(values.shape, [4, 4], `shape of the map of ${name}`);
          check.close([mean, score], [logits[3]!, logits[3]!]);
          tf.dispose([values, overlay, image, pixels, picture]);
        });
        head?.dispose();
      }
    },
  },
  {
    name: "classifier.explain: the map's mean and the bias are the class's logit",
    run: async (check, surroundings) => {
      const base = await miniBase(surroundings);
      const head = pooledHead({ numClasses: 10, activation: 'linear' });
      return withDrawn(attachHead(base, head, { weights: 'pending' }), async (model) => {
        const image = drawImage([32, 32, 3]);
        const logits = await answer(model, image);
        const bias = await model.getLayer('predictions').weights[1]!.read().data();
        const pixels = toPixels(image);
        const picture = pixels.squeeze<tf.Tensor3D>([0]);
        const classifier = await classifierOf(model);
        for (const [index, className] of classifier.classes.entries()) {
          const { values, overlay, score } = await classifier.explain(picture, { className });
          const numbers = await values.data<'float32'>();
          const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
          check.close([mean + bias[index]!, score], [logits[index]!, logits[index]!]);
          check.same(overlay.shape, [32, 32, 3], 'shape of the overlay');
          tf.dispose([values, overlay]);
        }
        tf.dispose([image, pixels, picture]);
      });
    },
  },
  {
    name: 'classifier.explain: colours over the picture, half and half',
    run: async (check) => {
      const classifier = await classifierOf(brightness([1, 2, 3]));
      // A dark pixel and a light one: the least of the map and the most.
      const picture = tf.tensor3d([0, 1, 0, 253, 255, 255], [1, 2, 3], 'int32');
      const options = { className: 'class 0' };
      const { overlay, values } = await classifier.explain(picture, options);
      check.same(overlay.dtype, 'int32', 'dtype');
      // Viridis begins with [68, 1, 84] and ends with [253, 231, 37].
      check.same([...(await overlay.data())], [34, 1, 42, 253, 243, 146], 'pixels');
      tf.dispose([picture, overlay, values]);
      classifier.dispose();
    },
  },
  {
    name: 'translationRobustness: as on cpu',
    run: async (check, surroundings) => {
      const model = await miniClassifier(surroundings);
      drawWeights(model);
      const classifier = await classifierOf(model);
      const batch = fourPictures(ROBUSTNESS_LABELS);
      const { shifts } = await translationRobustness(classifier, [batch], { shifts: [0, 8] });
      check.same(
        shifts.map(({ pixels, accuracy, agreement }) => [pixels, accuracy, agreement]),
        ROBUSTNESS,
        'pixels, accuracy, agreement',
      );
      batch.images.dispose();
      classifier.dispose();
    },
  },
  {
    name: 'classify a picture, as the model and preprocess do',
    run: async (check, surroundings) => {
      const model = await miniClassifier(surroundings);
      drawWeights(model);
      const classifier = await classifierOf(model);
      const picture = tf.tidy(() =>
        drawImage([32, 32, 3]).add(1).mul(127).toInt().squeeze<tf.Tensor3D>([0]),
      );
      const images = tf.tidy(() => preprocess(picture.expandDims(0), 'tf'));
      const probabilities = await answer(model, images);
      const found = await classifier.classify(picture);
      const order = found.map(
        ({ className }) => probabilities[classifier.classes.indexOf(className)]!,
      );
      check.close(
        found.map(({ probability }) => probability),
        order,
      );
      check.same(
        order,
        [...order].sort((a, b) => b - a),
        'order',
      );
      tf.dispose([picture, images]);
      classifier.dispose();
    },
  },
];
