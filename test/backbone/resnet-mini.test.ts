import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {
  loadBackbone,
  type LoadBackboneOptions,
  loadClassifier,
  type LoadClassifierOptions,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true);
});

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );

describe('loadBackbone("resnet-mini")', () => {
  it('needs no network and knows its size, its map and its preprocessing', async () => {
    await expectNoLeak(async () => {
      const backbone = await loadBackbone('resnet-mini');
      expect(backbone).toMatchObject({
        name: 'resnet-mini',
        inputSize: [96, 96],
        preprocessing: 'torch',
        featureShape: [6, 6, 512],
        license: 'Apache-2.0',
      });
      expect(backbone.model.countParams()).toBe(874_208);
      backbone.dispose();
    });
  });

  it('takes another input size', async () => {
    const backbone = await loadBackbone('resnet-mini', { inputSize: [64, 96] });
    expect(backbone).toMatchObject({ inputSize: [64, 96], featureShape: [4, 6, 512] });
    backbone.dispose();
  });

  it.each<[LoadBackboneOptions, string]>([
    [
      { mirror: 'https://example.com' },
      'ArgumentError: mirror: expected none for resnet-mini, which comes with the package, got "https://example.com"',
    ],
    [
      { preprocessing: 'tf' },
      'ArgumentError: preprocessing: expected "torch" for resnet-mini, or none, got "tf"',
    ],
    [{ inputSize: [31, 80] }, 'ArgumentError: inputShape: '],
  ])('refuses %j and leaves nothing behind', async (options, told) => {
    await expectNoLeak(async () => {
      expect(await refusal(loadBackbone('resnet-mini', options))).toContain(told);
    });
  });
});

describe('loadClassifier("resnet-mini")', () => {
  it("scores CIFAR-10's ten classes", async () => {
    await expectNoLeak(async () => {
      const classifier = await loadClassifier('resnet-mini');
      expect(classifier.classes).toEqual([
        ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
        ...['dog', 'frog', 'horse', 'ship', 'truck'],
      ]);
      const grey = tf.fill<tf.Rank.R3>([40, 50, 3], 128);
      const scores = await classifier.classify(grey);
      expect(scores).toHaveLength(10);
      expect(scores.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
      grey.dispose();
      classifier.dispose();
    });
  });

  it.each<[LoadClassifierOptions, string]>([
    [{ classes: ['a', 'b'] }, 'classes: expected none for resnet-mini'],
    [{ retries: 2 }, 'retries: expected none for resnet-mini'],
  ])('refuses %j', async (options, told) => {
    expect(await refusal(loadClassifier('resnet-mini', options))).toContain(told);
  });
});
