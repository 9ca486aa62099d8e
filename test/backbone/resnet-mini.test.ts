import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {
  loadBackbone,
  type LoadBackboneOptions,
  loadClassifier,
  type LoadClassifierOptions,
  preprocess,
} from 'resnet-heads';
import golden from '../goldens/resnet-mini.json';
import { expectNoLeak } from '../setup/memory';

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true);
});

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );

/** As scripts/resnet-mini/golden.py draws it. */
function arithmeticPicture(side: number): tf.Tensor3D {
  const bytes = Array.from({ length: side * side * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return (7 * x + 13 * y + 29 * c) % 256;
  });
  return tf.tensor3d(bytes, [side, side, 3]);
}

describe("resnet-mini's weights", () => {
  it('give the features and probabilities that torch computes with them', async () => {
    const picture = arithmeticPicture(96);
    const backbone = await loadBackbone('resnet-mini');
    const pooled = tf.tidy(() => {
      const images = preprocess(picture, backbone.preprocessing).expandDims(0);
      return (backbone.model.predict(images) as tf.Tensor).mean([1, 2]);
    });
    const features = [...(await pooled.data())].slice(0, golden.features.length);
    const most = Math.max(...golden.features);
    for (const [i, expected] of golden.features.entries()) {
      expect(Math.abs(features[i]! - expected) / most).toBeLessThan(1e-5);
    }
    const classifier = await loadClassifier('resnet-mini');
    const scores = await classifier.classify(picture);
    for (const { className, probability } of scores) {
      const expected = golden.probabilities[classifier.classes.indexOf(className)]!;
      expect(Math.abs(probability - expected)).toBeLessThan(1e-5);
    }
    tf.dispose([picture, pooled]);
    backbone.dispose();
    classifier.dispose();
  });
});

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
    [
      { inputSize: [31, 80] },
      'ArgumentError: inputSize: expected [height, width], whole numbers from 32 up, got [31, 80]',
    ],
    [{ inputSize: 96 as never }, 'ArgumentError: inputSize: '],
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
