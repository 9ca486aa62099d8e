import * as tf from '@tensorflow/tfjs';
import { freeze, unfreeze } from 'resnet-heads';
import { drawImage, drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier } from '../setup/mini-resnet';
import { reload } from '../setup/reload';

/** tfjs-node would report on each epoch. */
const QUIET = { verbose: 0 };

/** Every weight by layer, bit by bit. */
const snapshot = (model: tf.LayersModel): Map<string, Uint8Array> =>
  new Map(
    model.layers.flatMap((layer) =>
      layer.weights.map((weight) => [
        `${layer.name} ${weight.originalName}`,
        new Uint8Array(Float32Array.from(weight.read().dataSync()).buffer),
      ]),
    ),
  );

const changed = (before: Map<string, Uint8Array>, after: Map<string, Uint8Array>): string[] =>
  [...before.keys()].filter((name) => before.get(name)!.join() !== after.get(name)?.join());

async function train(model: tf.LayersModel, learningRate = 0.1): Promise<number> {
  model.compile({ optimizer: tf.train.sgd(learningRate), loss: 'categoricalCrossentropy' });
  const [images, labels] = tf.tidy(() => {
    const image = drawImage([32, 32, 3]);
    return [
      tf.concat([image, image.neg(), image.square(), image.abs()]),
      tf.oneHot([0, 1, 2, 3], 10),
    ];
  });
  const { history } = await model.fit(images, labels, {
    epochs: 2,
    ...QUIET,
  });
  tf.dispose([images, labels]);
  model.optimizer.dispose();
  return history['loss']?.[0] as number;
}

describe('a frozen base', () => {
  it('is bit by bit what it was after training, also after a reload', async () => {
    await expectNoLeak(async () => {
      const built = miniClassifier('v1', 10, 1);
      drawWeights(built);
      freeze(built);
      const loaded = await reload(built);
      freeze(loaded);
      for (const model of [built, loaded]) {
        const before = snapshot(model);
        await train(model);
        expect(changed(before, snapshot(model))).toEqual([
          'predictions predictions/kernel',
          'predictions predictions/bias',
        ]);
        model.dispose();
      }
    });
  });

  it('computes in training what it computes in use', async () => {
    const model = miniClassifier();
    drawWeights(model);
    freeze(model);
    const loss = await train(model, 0);
    const expected = tf.tidy(() => {
      const image = drawImage([32, 32, 3]);
      const images = tf.concat([image, image.neg(), image.square(), image.abs()]);
      const labels = tf.oneHot([0, 1, 2, 3], 10);
      const probabilities = model.predict(images) as tf.Tensor;
      return tf.metrics.categoricalCrossentropy(labels, probabilities).mean().dataSync()[0]!;
    });
    expect([loss]).toBeAllclose([expected], 1e-5);
    model.dispose();
  });
});

describe('without freeze', () => {
  it('trainable = false lets TensorFlow.js move the statistics: why freeze is there', async () => {
    const model = miniClassifier();
    drawWeights(model);
    for (const layer of model.layers.slice(0, -1)) layer.trainable = false;
    const before = snapshot(model);
    await train(model);
    expect(changed(before, snapshot(model))).toContain('conv1_bn conv1_bn/moving_mean');
    model.dispose();
  });
});

describe('unfreeze', () => {
  it('lets what is selected learn, and the rest stand still', async () => {
    const model = miniClassifier();
    drawWeights(model);
    freeze(model);
    unfreeze(model, ({ name }) => name === 'conv5_block1_3_bn');
    const before = snapshot(model);
    await train(model);
    expect(changed(before, snapshot(model)).sort()).toEqual([
      'conv5_block1_3_bn conv5_block1_3_bn/beta',
      'conv5_block1_3_bn conv5_block1_3_bn/gamma',
      'conv5_block1_3_bn conv5_block1_3_bn/moving_mean',
      'conv5_block1_3_bn conv5_block1_3_bn/moving_variance',
      'predictions predictions/bias',
      'predictions predictions/kernel',
    ]);
    model.dispose();
  });
});
