import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  classActivationMap,
  createClassifier,
  overlay,
  pictureBatches,
  pooledHead,
  translationRobustness,
} from 'resnet-heads';
import { drawImage, drawWeights } from '../../setup/draw';
import type { Case } from './case';
import { answer, fourImages, miniBase, miniClassifier, withDrawn } from './models';

/** Plain JavaScript takes all four images for class 2, shifted or not; the third is said to be another. */
const ROBUSTNESS_LABELS = [2, 2, 0, 2];
const ROBUSTNESS = [
  [0, 0.75, 1],
  [8, 0.75, 1],
];

export const explaining: readonly Case[] = [
  {
    name: "class activation map: its mean and the bias are the class's logit",
    run: async (check, surroundings) => {
      const base = await miniBase(surroundings);
      const head = pooledHead({ numClasses: 10, activation: 'linear' });
      return withDrawn(attachHead(base, head, { weights: 'pending' }), async (model) => {
        const image = drawImage([32, 32, 3]);
        const logits = await answer(model, image);
        const bias = await model.getLayer('predictions').weights[1]!.read().data();
        for (const index of bias.keys()) {
          const { values, score } = await classActivationMap(model, image, index);
          const numbers = await values.data<'float32'>();
          const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
          check.close([mean + bias[index]!, score], [logits[index]!, logits[index]!]);
          values.dispose();
        }
        image.dispose();
      });
    },
  },
  {
    name: 'overlay: drawn over the picture',
    run: async (check) => {
      const map = tf.tensor2d([[-7, 3]]);
      const picture = tf.fill<tf.Rank.R3>([1, 2, 3], 100, 'int32');
      const drawn = overlay(map, picture, { opacity: 1 });
      check.same(drawn.dtype, 'int32', 'dtype');
      check.same([...(await drawn.data())], [68, 1, 84, 253, 231, 37], 'pixels');
      tf.dispose([map, picture, drawn]);
    },
  },
  {
    name: 'translationRobustness: as on cpu',
    run: async (check, surroundings) => {
      const model = await miniClassifier(surroundings);
      drawWeights(model);
      const { images } = fourImages();
      const labels = ROBUSTNESS_LABELS;
      const { shifts } = await translationRobustness(model, [{ images, labels }], {
        shifts: [0, 8],
      });
      check.same(
        shifts.map(({ pixels, accuracy, agreement }) => [pixels, accuracy, agreement]),
        ROBUSTNESS,
        'pixels, accuracy, agreement',
      );
      images.dispose();
      model.dispose();
    },
  },
  {
    name: 'classify a picture, as the model and preprocess do',
    run: async (check, surroundings) => {
      const model = await miniClassifier(surroundings);
      drawWeights(model);
      const picture = tf.tidy(() =>
        drawImage([32, 32, 3]).add(1).mul(127).toInt().squeeze<tf.Tensor3D>([0]),
      );
      const [batch] = [
        ...pictureBatches([{ picture, label: 0 }], { inputSize: [32, 32], preprocessing: 'caffe' }),
      ];
      const probabilities = await answer(model, batch!.images);
      const classes = Array.from(probabilities, (_, i) => `class ${String(i)}`);
      const classifier = createClassifier(model, {
        classes,
        preprocessing: 'caffe',
        inputSize: [32, 32],
      });
      const found = await classifier.classify(picture);
      const order = found.map(({ className }) => probabilities[classes.indexOf(className)]!);
      check.close(
        found.map(({ probability }) => probability),
        order,
      );
      check.same(
        order,
        [...order].sort((a, b) => b - a),
        'order',
      );
      tf.dispose([picture, batch!.images]);
      classifier.dispose();
    },
  },
];
