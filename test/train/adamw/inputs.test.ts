import * as tf from '@tensorflow/tfjs';
import { buildHead, denseHead, flattenedHead, type Head, pooledHead } from 'resnet-heads';
import { trainableWeights } from '../../../src/train/adam';
import { firstLayerOf } from '../../../src/train/adamw/first-layer';
import { StandardisedInputs } from '../../../src/train/adamw/inputs';
import { inMemory } from '../../../src/train/examples';
import { factorAt, ratesOf } from '../../../src/train/adamw/schedule';
import { expectNoLeak } from '../../setup/memory';
import { numbers } from '../../setup/mini-resnet';

const MAP = [2, 3, 4];

type Layers = readonly tf.layers.Layer[];

const sequence = (...layers: Layers): tf.LayersModel => {
  const input = tf.input({ shape: MAP });
  const output = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ inputs: input, outputs: output });
};

const built = (head: Head) => buildHead(head, MAP, { seed: 1 });
const dense = (name: string, useBias = true) => tf.layers.dense({ name, units: 3, useBias });
const conv = (kernelSize: number, padding: 'same' | 'valid' = 'valid') =>
  tf.layers.conv2d({ name: 'conv', filters: 5, kernelSize, padding, activation: 'relu' });

function branched(): tf.LayersModel {
  const input = tf.input({ shape: MAP });
  const sides = ['a', 'b'].map((name) => dense(name).apply(input) as tf.SymbolicTensor);
  return tf.model({ inputs: input, outputs: tf.layers.add().apply(sides) as tf.SymbolicTensor });
}

/** Heads whose inputs can be centred and scaled, with the layer that does it and the number of features. */
const FOLDABLE: readonly (readonly [string, () => tf.LayersModel, string, number])[] = [
  ['flattened', () => built(flattenedHead({ numClasses: 3, hiddenUnits: 5 })), 'hidden', 24],
  ['dense', () => built(denseHead({ numClasses: 3, hiddenUnits: 5 })), 'hidden', 4],
  ['a convolution', () => sequence(conv(1), tf.layers.flatten(), dense('scores')), 'conv', 4],
  ['a 2 × 2 convolution', () => sequence(conv(2), tf.layers.flatten()), 'conv', 4],
  [
    'a vector of another shape',
    () => sequence(tf.layers.reshape({ targetShape: [3, 8] }), dense('scores')),
    'scores',
    8,
  ],
  [
    'dropout before',
    () => sequence(tf.layers.dropout({ rate: 0.5 }), tf.layers.flatten(), dense('scores')),
    'scores',
    24,
  ],
];

const SCALABLE: readonly (readonly [string, () => tf.LayersModel])[] = [
  ...FOLDABLE.map(([name, make]) => [name, make] as const),
  ['a convolution that pads', () => sequence(conv(2, 'same'), tf.layers.flatten())],
];

const UNFOLDABLE: readonly (readonly [string, () => tf.LayersModel])[] = [
  ['pooling before', () => built(pooledHead({ numClasses: 3 }))],
  ['two layers side by side', branched],
  ['no bias', () => sequence(dense('scores', false))],
  ['BatchNorm', () => sequence(tf.layers.batchNormalization(), dense('scores'))],
  [
    'a frozen layer',
    () => {
      const model = sequence(dense('hidden'), dense('scores'));
      model.getLayer('hidden').trainable = false;
      return model;
    },
  ],
];

const features = () =>
  tf.tidy(() =>
    tf
      .randomNormal([10, ...MAP], 0, 1, 'float32', 2)
      .mul(tf.tensor1d([1, 3, 0.1, 20]))
      .add(tf.tensor1d([5, -2, 0, 30])),
  );

const examples = (values: tf.Tensor) => inMemory(values, new Int32Array(values.shape[0]));

const firstOf = (model: tf.LayersModel) => firstLayerOf(model, trainableWeights(model));

describe('firstLayerOf', () => {
  it.each(FOLDABLE)('finds it: %s', (_, make, name) => {
    const model = make();
    expect(firstOf(model)?.kernel.name).toBe(`${name}/kernel`);
    expect(firstOf(model)?.bias.name).toBe(`${name}/bias`);
    model.dispose();
  });

  it.each(UNFOLDABLE)('finds none: %s', (_, make) => {
    const model = make();
    expect(firstOf(model)).toBeUndefined();
    model.dispose();
  });
});

describe('StandardisedInputs', () => {
  it.each(FOLDABLE)(
    'start as the same weights on standardised features: %s',
    async (_, make, name, width) => {
      const model = make();
      const x = features();
      // Half-way between standardised features and a common scale.
      const standardised = tf.tidy(() => {
        const rows = x.reshape([-1, width]);
        const { mean, variance } = tf.moments(rows, 0);
        return rows.sub(mean).div(variance.add(variance.mean()).sqrt()).reshape(x.shape);
      });
      const expected = model.predict(standardised) as tf.Tensor;
      await expectNoLeak(async () => {
        const inputs = await StandardisedInputs.of(firstOf(model)!, examples(x), true);
        // The share of the initial weights is 1, as there are fewer than 100 features.
        inputs.enter();
        inputs.leave();
        inputs.dispose();
      });
      const scores = model.predict(x) as tf.Tensor;
      expect(scores.dataSync()).toBeAllclose(expected.dataSync(), 1e-4);
      expect(model.getLayer(name).getWeights()[1]!.abs().max().dataSync()[0]).toBeGreaterThan(0.1);
      tf.dispose([x, standardised, expected, scores]);
      model.dispose();
    },
  );

  it.each(SCALABLE)('give the same scores with converted weights: %s', async (_, make) => {
    const model = make();
    const x = features();
    const expected = model.predict(x) as tf.Tensor;
    const before = numbers(model);
    await expectNoLeak(async () => {
      const own = examples(x);
      const inputs = await StandardisedInputs.of(firstOf(model)!, own, false);
      const values = await inputs
        .standardise(own)
        .take(Int32Array.from({ length: x.shape[0] }, (_, i) => i));
      inputs.enter();
      expect(numbers(model)).not.toBeAllclose(before, 1e-2);
      const scores = model.predict(values) as tf.Tensor;
      expect(scores.dataSync()).toBeAllclose(expected.dataSync(), 1e-4);
      inputs.leave();
      expect(numbers(model)).toBeAllclose(before, 1e-5);
      inputs.dispose();
      tf.dispose([values, scores]);
    });
    tf.dispose([x, expected]);
    model.dispose();
  });

  it('make the initial weights of 400 features half as large', async () => {
    const input = tf.input({ shape: [400] });
    const layer = tf.layers.dense({ units: 2, kernelInitializer: 'ones' });
    const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
    const x = tf.tidy(() => tf.tensor2d([[1], [-1]]).tile([1, 400]));
    const inputs = await StandardisedInputs.of(firstOf(model)!, examples(x), true);
    inputs.enter();
    inputs.leave();
    // Variances and their mean are 1: divided by √2.
    expect(numbers(model).slice(0, 800)).toBeAllclose(Array(800).fill(0.5 / Math.SQRT2), 1e-6);
    inputs.dispose();
    x.dispose();
    model.dispose();
  });

  it('reject features that are not finite, and leave nothing behind', async () => {
    const model = sequence(dense('scores'));
    const x = tf.fill([2, ...MAP], Infinity);
    await expectNoLeak(async () => {
      await expect(StandardisedInputs.of(firstOf(model)!, examples(x), true)).rejects.toThrow(
        'features: expected finite numbers',
      );
    });
    x.dispose();
    model.dispose();
  });
});

describe('factorAt', () => {
  it('falls from 1 by half a cosine, and no step is 0', () => {
    const factors = [1, 2, 3, 4].map((step) => factorAt(step, 4));
    expect(factors).toBeAllclose([1, 0.5 + Math.SQRT1_2 / 2, 0.5, 0.5 - Math.SQRT1_2 / 2], 1e-9);
    expect(factorAt(1, 1)).toBe(1);
  });
});

describe('ratesOf', () => {
  it.each([
    ['one layer', pooledHead({ numClasses: 3 }), [2.4 / 4, 2.4 / 1024]],
    [
      'two layers',
      flattenedHead({ numClasses: 3, hiddenUnits: 5 }),
      [0.6 / 24, 0.6 / 1024, 0.6 / 5, 0.6 / 1024],
    ],
  ])('divides by the number of inputs: %s', (_, head, expected) => {
    const model = built(head);
    expect([...ratesOf(trainableWeights(model)).values()]).toBeAllclose(expected, 1e-9);
    model.dispose();
  });
});
