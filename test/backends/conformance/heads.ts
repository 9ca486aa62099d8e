import * as tf from '@tensorflow/tfjs';
import {
  buildHead,
  denseHead,
  type Features,
  fitHead,
  flattenedHead,
  type Head,
  pooledHead,
} from 'resnet-heads';
import training from '../../goldens/training.json';
import { draw, drawWeights } from '../../setup/draw';
import { golden as logistic, logisticFeatures } from '../../setup/logistic';
import type { Case, Check } from './case';
import { changed, numbersOf } from './models';

const [EXAMPLES, CLASSES] = [12, 3];
const { map } = training;

type GoldenHead = keyof typeof training.heads;

/** Heads of scripts/goldens/training_goldens.py; on logits, for gradients by a loss of one's own. */
const HEADS: readonly (readonly [GoldenHead, (activation: 'softmax' | 'linear') => Head])[] = [
  ['pooled', (activation) => pooledHead({ numClasses: CLASSES, activation })],
  [
    'catavgmax',
    (activation) => pooledHead({ numClasses: CLASSES, activation, pooling: 'catavgmax' }),
  ],
  ['flattened', (activation) => flattenedHead({ numClasses: CLASSES, activation, hiddenUnits: 6 })],
  ['dense', (activation) => denseHead({ numClasses: CLASSES, activation, hiddenUnits: 6 })],
];

/** The drawn maps of scripts/goldens/training_goldens.py, whose classes take turns. */
function drawnFeatures(): Features {
  const shape = [EXAMPLES, ...map];
  const size = shape.reduce((product, each) => product * each, 1);
  return {
    values: tf.tensor(draw('features', size, 0, 1), shape),
    labels: Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES),
    featureShape: map,
  };
}

/** The mean over images, and over the positions of a map; TensorFlow.js's own loss. */
function crossEntropy(labels: Int32Array, logits: tf.Tensor): tf.Scalar {
  const rows = logits.reshape<tf.Tensor2D>([-1, CLASSES]);
  const count = rows.shape[0];
  const repeated = Int32Array.from({ length: count }, (_, row) => {
    const image = Math.floor((row * labels.length) / count);
    return labels[image]!;
  });
  return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(repeated, 'int32'), CLASSES), rows);
}

async function gradients(check: Check, name: GoldenHead, recipe: Head): Promise<void> {
  const { values, labels } = drawnFeatures();
  const head = buildHead(recipe, map);
  drawWeights(head);
  const { losses, gradients: expected, byFeatures } = training.heads[name];
  const loss = (x: tf.Tensor) => crossEntropy(labels, head.apply(x) as tf.Tensor);
  const { grads, value } = tf.variableGrads(() => loss(values));
  check.close(await value.data(), losses.slice(0, 1));
  for (const [weight, golden] of Object.entries(expected)) {
    const [layer = '', kind] = weight.split('/');
    const { weights } = head.getLayer(layer);
    const variable = weights[kind === 'kernel' ? 0 : 1]!.read() as unknown as tf.Variable;
    check.close(await grads[variable.name]!.data(), golden);
  }
  const byValues = tf.grad(loss)(values);
  check.close(await byValues.data(), byFeatures);
  tf.dispose([grads, value, byValues, values]);
  head.dispose();
}

/** Losses on plain JavaScript, with dropout and in batches: the same seeds give them on every backend. */
const SEEDED_LOSSES = [1.1355951031049092, 1.0299094518025715, 1.0966464926799138];

export const trainingHeads: readonly Case[] = [
  ...HEADS.map(([name, recipe]): Case => ({
    name: `gradients of a head: ${name}, against TensorFlow`,
    run: (check) => gradients(check, name, recipe('linear')),
  })),
  ...HEADS.map(([name, recipe]): Case => ({
    name: `fitHead, four steps: ${name}, against Keras`,
    run: async (check) => {
      const features = drawnFeatures();
      const head = buildHead(recipe('softmax'), map);
      drawWeights(head);
      const options = { epochs: 4, batchSize: EXAMPLES, learningRate: 0.05 };
      const { history } = await fitHead(head, features, options);
      const losses = history.map(({ loss }) => loss);
      check.close(losses, training.heads[name].losses);
      features.values.dispose();
      head.dispose();
    },
  })),
  ...(['flattened', 'dense'] as const).map((name): Case => ({
    name: `fitHead at no given rate, six steps: ${name}, against Keras's AdamW on standardised maps`,
    run: async (check) => {
      const features = drawnFeatures();
      const [, recipe] = HEADS.find(([each]) => each === name)!;
      const head = buildHead(recipe('softmax'), map);
      drawWeights(head);
      const { history } = await fitHead(head, features, { epochs: 6, batchSize: EXAMPLES });
      const losses = history.map(({ loss }) => loss);
      check.close(losses, training.adamw[name]);
      features.values.dispose();
      head.dispose();
    },
  })),
  ...[1, 0.01].map((l2): Case => ({
    name: `fitHead by L-BFGS with penalty ${l2}, against scikit-learn`,
    run: async (check) => {
      const { x, labels } = logisticFeatures();
      const { rows, features, classes, cases } = logistic;
      const values = tf.tensor(x, [rows, 1, 1, features]);
      const { probabilities } = cases.find((each) => each.kind === 'softmax' && each.l2 === l2)!;
      const { head } = await fitHead(
        pooledHead({ numClasses: classes }),
        { values, labels, featureShape: [1, 1, features] },
        { l2 },
      );
      const scores = head.predict(values) as tf.Tensor;
      check.close(await scores.data(), probabilities);
      tf.dispose([values, scores]);
      head.dispose();
    },
  })),
  {
    name: 'fitHead from a seed, with dropout: as on cpu, and twice the same',
    run: async (check) => {
      const features = drawnFeatures();
      const recipe = flattenedHead({ numClasses: CLASSES, hiddenUnits: 6, dropout: 0.2 });
      const options = { epochs: 3, batchSize: 5, learningRate: 0.05, seed: 1 };
      const first = await fitHead(recipe, features, options);
      const second = await fitHead(recipe, features, options);
      const losses = first.history.map(({ loss }) => loss);
      check.close(losses, SEEDED_LOSSES);
      check.same(changed(await numbersOf(first.head), await numbersOf(second.head)), []);
      features.values.dispose();
      first.head.dispose();
      second.head.dispose();
    },
  },
];
