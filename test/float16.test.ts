import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type FloatFormat,
  loadBackbone,
  loadClassifier,
  loadWeights,
  saveWeights,
  trainClassifier,
} from 'resnet-heads';
import { colouredPicture, colouredPictures } from './setup/coloured-pictures';
import { expectNoLeak } from './setup/memory';
import { miniResnet, numbers } from './setup/mini-resnet';

/** Half of the distance between two float16 numbers, relative to them. */
const ROUNDING = 2 ** -11;
/** Numbers below float16's full precision are off by half of its smallest step. */
const SMALLEST_STEP = 2 ** -24;

let backbone: Backbone;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
});
afterAll(() => {
  backbone.dispose();
});

/** Whether each number is the nearest one in float16. */
function expectRounded(found: readonly number[], exact: readonly number[]): void {
  expect(found).toHaveLength(exact.length);
  expect(found).not.toEqual(exact);
  const errors = found.map((value, i) => {
    return Math.abs(value - exact[i]!) - Math.max(ROUNDING * Math.abs(exact[i]!), SMALLEST_STEP);
  });
  expect(Math.max(...errors)).toBeLessThanOrEqual(0);
}

describe('saveWeights in float16', () => {
  it('takes half the space, and is loaded as the nearest numbers', async () => {
    const [single, half] = [
      await saveWeights(backbone.model),
      await saveWeights(backbone.model, { dtype: 'float16' }),
    ];
    const size = numbers(backbone.model).length;
    expect(single.length - half.length).toBeGreaterThan(1.9 * size);
    const other = miniResnet('v1', 2);
    await expectNoLeak(async () => {
      await loadWeights(other, half);
    });
    expectRounded(numbers(other), numbers(backbone.model));
    // What is rounded already stays as it is.
    expect(Buffer.from(await saveWeights(other, { dtype: 'float16' })).equals(half)).toBe(true);
    other.dispose();
  });

  it.each([70_000, -65_520])('refuses a weight that is too large: %d', async (value) => {
    const input = tf.input({ shape: [2] });
    const kernelInitializer = tf.initializers.constant({ value });
    const layer = tf.layers.dense({ name: 'scores', units: 1, kernelInitializer });
    const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
    await expectNoLeak(async () => {
      await expect(saveWeights(model, { dtype: 'float16' })).rejects.toThrow(
        `dtype: expected weights of at most 65504 in float16, got ${value} in "scores/kernel"; use float32`,
      );
    });
    model.dispose();
  });

  it('refuses another format', async () => {
    const options = { dtype: 'int8' as FloatFormat };
    await expect(saveWeights(backbone.model, options)).rejects.toThrow('dtype: expected');
  });
});

describe('a classifier in float16', () => {
  it.each(['all', 'head'] as const)('is loaded here and by TensorFlow.js: %s', async (scope) => {
    const pictures = colouredPictures(2);
    const image = colouredPicture('blue', 3);
    const classifier = await trainClassifier(backbone, pictures, { epochs: 2 });
    const expected = await classifier.classify(image);
    await expectNoLeak(async () => {
      const single = await classifier.files({ scope });
      const files = await classifier.files({ scope, dtype: 'float16' });
      expect(files['weights.bin']).toHaveLength(single['weights.bin']!.length / 2);
      const loaded = await loadClassifier(files, scope === 'head' ? { backbone } : {});
      // The head's weights are the last ones.
      const part = -single['weights.bin']!.length / 4;
      expectRounded(numbers(loaded.model).slice(part), numbers(classifier.model).slice(part));
      const found = await loaded.classify(image);
      expect(found.map(({ className }) => className)).toEqual(
        expected.map(({ className }) => className),
      );
      const probabilities = (of: typeof found) => of.map(({ probability }) => probability);
      expect(probabilities(found)).toBeAllclose(probabilities(expected), 0.01);
      // As any program does that has only TensorFlow.js.
      const { modelTopology, weightsManifest } = JSON.parse(
        new TextDecoder().decode(files['model.json']),
      ) as tf.io.ModelJSON;
      const weightData = new Uint8Array(files['weights.bin']!).buffer;
      const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
      const plain = await tf.loadLayersModel(
        tf.io.fromMemory({ modelTopology, weightSpecs, weightData }),
      );
      expect(numbers(plain)).toEqual(numbers(loaded.model).slice(part));
      plain.dispose();
      loaded.dispose();
    });
    classifier.dispose();
    tf.dispose([image, pictures.map(({ picture }) => picture)]);
  });
});
