import * as tf from '@tensorflow/tfjs';
import { attachHead, pooledHead, preprocess, translationRobustness } from 'resnet-heads';
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

export const explaining: readonly Case[] = [
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
