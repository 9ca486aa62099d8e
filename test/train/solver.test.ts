import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildHead,
  denseHead,
  type Features,
  fitHead,
  type FitHeadOptions,
  flattenedHead,
  type Head,
  pooledHead,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { numbers } from '../setup/mini-resnet';

const SHAPE = [2, 2, 6];
const CLASSES = 3;

/** Maps of three classes, each with a channel that is higher on average. */
function maps(images: number, seed: number): Features {
  const labels = Int32Array.from({ length: images }, (_, i) => i % CLASSES);
  const values = tf.tidy(() => {
    const mark = tf.oneHot(tf.tensor1d(labels, 'int32'), SHAPE[2]!).reshape([images, 1, 1, 6]);
    return tf.randomUniform([images, ...SHAPE], 0, 1, 'float32', seed).add(mark.mul(0.4));
  });
  return { values, labels, featureShape: SHAPE };
}

let training: Features;
let validation: Features;
beforeAll(() => {
  [training, validation] = [maps(45, 1), maps(30, 2)];
});
afterAll(() => {
  tf.dispose([training.values, validation.values]);
});

const POOLED = pooledHead({ numClasses: CLASSES });

const accuracyOf = (head: tf.LayersModel, { values, labels }: Features): number => {
  const found = tf.tidy(() => {
    const scores = head.predict(values) as tf.Tensor;
    return scores.reshape([labels.length, -1, CLASSES]).mean(1).argMax(1).dataSync();
  });
  return labels.filter((label, i) => label === found[i]).length / labels.length;
};

describe('the solver of fitHead', () => {
  it.each([
    ['pooled', POOLED],
    ['catavgmax', pooledHead({ numClasses: CLASSES, pooling: 'catavgmax' })],
    ['sigmoid', pooledHead({ numClasses: CLASSES, activation: 'sigmoid' })],
    ['linear', pooledHead({ numClasses: CLASSES, activation: 'linear' })],
  ])('is L-BFGS for one dense layer: %s', async (_, recipe) => {
    await expectNoLeak(async () => {
      const { head, ...outcome } = await fitHead(recipe, training, { validation });
      expect(outcome).toMatchObject({ solver: 'lbfgs', history: [] });
      expect(outcome.accuracy).toBeCloseTo(accuracyOf(head, training), 10);
      expect(outcome.validationAccuracy).toBeCloseTo(accuracyOf(head, validation), 10);
      expect(outcome.validationAccuracy).toBeGreaterThan(0.8);
      head.dispose();
    });
  });

  it.each<readonly [string, Head, FitHeadOptions]>([
    ['a hidden layer', flattenedHead({ numClasses: CLASSES, hiddenUnits: 4 }), {}],
    ['a map of scores', denseHead({ numClasses: CLASSES, hiddenUnits: 4 }), {}],
    ['dropout', pooledHead({ numClasses: CLASSES, dropout: 0.1 }), {}],
    ['epochs', POOLED, { epochs: 2 }],
    ['a batch size', POOLED, { batchSize: 8 }],
    ['a rate', POOLED, { learningRate: 0.01 }],
    ['patience', POOLED, { patience: 3 }],
    ['a listener of epochs', POOLED, { onEpoch: () => undefined }],
    ['callbacks', POOLED, { callbacks: [] }],
    ['its name', POOLED, { solver: 'adam' }],
  ])('is Adam with %s', async (_, recipe, options) => {
    const { head, ...outcome } = await fitHead(recipe, training, options);
    expect(outcome.solver).toBe('adam');
    expect(outcome.history.length).toBeGreaterThan(0);
    // Of the weights at the end, not the mean over an epoch's steps.
    expect(outcome.accuracy).toBeCloseTo(accuracyOf(head, training), 10);
    head.dispose();
  });

  it.each<readonly [string, Head, object, string]>([
    ['epochs', POOLED, { solver: 'lbfgs', epochs: 3 }, 'epochs: expected none with L-BFGS'],
    ['a penalty', POOLED, { l2: 0.1, epochs: 3 }, 'l2: expected none with Adam, got 0.1'],
    [
      'a hidden layer',
      flattenedHead({ numClasses: CLASSES, hiddenUnits: 4 }),
      { solver: 'lbfgs' },
      "solver: expected 'adam', as the head is not a single dense layer",
    ],
    ['dropout', pooledHead({ numClasses: CLASSES, dropout: 0.1 }), { solver: 'lbfgs' }, 'solver: '],
    [
      'another name',
      POOLED,
      { solver: 'sgd' },
      'solver: expected one of "lbfgs", "adam", got "sgd"',
    ],
    ['no penalty', POOLED, { l2: 0 }, 'l2: expected a positive number, got 0'],
    ['half a seed', POOLED, { seed: 0.5 }, 'seed: expected an integer, got 0.5'],
  ])('refuses what it can not honour: %s', async (_, recipe, options, message) => {
    await expectNoLeak(async () => {
      await expect(fitHead(recipe, training, options)).rejects.toThrow(message);
    });
  });

  it('takes a penalty: the stronger, the smaller the weights', async () => {
    const sizes: number[] = [];
    for (const l2 of [10, 0.1, 0.001]) {
      const { head, ...outcome } = await fitHead(POOLED, training, { l2 });
      expect(outcome).toMatchObject({ l2, path: [] });
      const kernel = head.getLayer('predictions').getWeights()[0]!;
      sizes.push(tf.tidy(() => kernel.abs().sum().dataSync()[0]!));
      head.dispose();
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes[0]).toBeLessThan(sizes[2]! / 10);
  });

  it('gives a model of the head other weights, or leaves it as it was', async () => {
    const model = buildHead(POOLED, SHAPE, { seed: 1 });
    const before = numbers(model);
    const { head } = await fitHead(model, training);
    expect(head).toBe(model);
    const after = numbers(model);
    expect(after).not.toEqual(before);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fitHead(model, training, { signal })).rejects.toThrow('enough');
    expect(numbers(model)).toEqual(after);
    model.dispose();
  });

  it('fits what was pooled beforehand to the same weights', async () => {
    const values = training.values.mean([1, 2]);
    const [whole, pooled] = [
      await fitHead(POOLED, training),
      await fitHead(POOLED, { ...training, values }),
    ];
    expect(numbers(pooled.head)).toEqual(numbers(whole.head));
    values.dispose();
    whole.head.dispose();
    pooled.head.dispose();
  });

  it('puts the head on its base', async () => {
    const input = tf.input({ shape: [4, 4, 3] });
    const conv = tf.layers.conv2d({ filters: 6, kernelSize: 3 });
    const base = tf.model({ inputs: input, outputs: conv.apply(input) as tf.SymbolicTensor });
    const { head } = await fitHead(POOLED, training);
    const model = attachHead(base, head);
    expect(model.outputShape).toEqual([null, CLASSES]);
    model.dispose();
  });
});
