import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  denseHead,
  fitHead,
  loadClassifier,
  pooledHead,
  translationRobustness,
} from 'resnet-heads';
import { imageProbabilities, scoreKindOf } from '../../src/model/scores';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const preprocessing = 'tf';
const ACTIVATIONS = ['softmax', 'sigmoid', 'linear'] as const;

/** A model whose last layers are given, on [4, 4, 3] images. */
function ending(...layers: tf.layers.Layer[]): tf.LayersModel {
  const image = tf.input({ shape: [4, 4, 3] });
  const output = layers.reduce<tf.SymbolicTensor>(
    (x, layer) => layer.apply(x) as tf.SymbolicTensor,
    image,
  );
  return tf.model({ inputs: image, outputs: output });
}
const pool = () => tf.layers.globalAveragePooling2d({});
const dense = (activation?: 'softmax' | 'sigmoid' | 'linear' | 'relu' | 'tanh', units = 2) =>
  tf.layers.dense({ units, ...(activation && { activation }) });

describe('the probabilities of a classifier', () => {
  it('are those of its softmax, or of its sigmoid for one score, where the head is linear', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([[2, -1, 0.5]]);
      expect(imageProbabilities(logits, 'linear').dataSync()).toBeAllclose(
        logits.softmax().dataSync(),
        1e-6,
      );
      const [e2, e1] = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(1))];
      const one = imageProbabilities(tf.tensor2d([[2], [-1]]), 'linear').dataSync();
      expect(one).toBeAllclose([1 - e2, e2, 1 - e1, e1], 1e-6);
      const sigmoid = imageProbabilities(tf.tensor2d([[0.2, 0.9]]), 'sigmoid').dataSync();
      expect(sigmoid).toBeAllclose([0.2, 0.9], 1e-6);
    });
  });

  it('are averaged over the positions of a map, after the softmax', () => {
    tf.tidy(() => {
      // One position is sure of the first class, three lean to the second: as logits the first would win.
      const map = tf.tensor4d([9, 0, 0, 1, 0, 1, 0, 1], [1, 2, 2, 2]);
      const sure = 1 / (1 + Math.exp(-9));
      const lean = 1 / (1 + Math.exp(1));
      const first = (sure + 3 * lean) / 4;
      expect(first).toBeLessThan(0.5);
      expect(imageProbabilities(map, 'linear').dataSync()).toBeAllclose([first, 1 - first], 1e-6);
    });
  });

  it.each([
    ['softmax', [pool(), dense('softmax')]],
    ['softmax', [pool(), dense(), tf.layers.softmax()]],
    ['softmax', [pool(), dense(), tf.layers.activation({ activation: 'softmax' })]],
    // MobileNet's top, of Keras 2.
    [
      'softmax',
      [
        ...[pool(), tf.layers.reshape({ targetShape: [1, 1, 3] })],
        tf.layers.conv2d({ filters: 2, kernelSize: 1 }),
        tf.layers.activation({ activation: 'softmax' }),
        tf.layers.reshape({ targetShape: [2] }),
      ],
    ],
    ['sigmoid', [pool(), dense('sigmoid', 1)]],
    ['linear', [pool(), dense()]],
    ['linear', [pool(), dense('linear'), tf.layers.dropout({ rate: 0.5 })]],
    ['linear', [tf.layers.conv2d({ filters: 2, kernelSize: 1 })]],
    // As Teachable Machine writes its models.
    [
      'softmax',
      [
        tf.sequential({ layers: [tf.layers.globalAveragePooling2d({ inputShape: [4, 4, 3] })] }),
        tf.sequential({
          layers: [tf.layers.dense({ inputShape: [3], units: 2, activation: 'softmax' })],
        }),
      ],
    ],
  ] as const)('are told by the last activation: %s', (kind, layers) => {
    const model = ending(...layers);
    expect(scoreKindOf('model', model)).toBe(kind);
    model.dispose();
  });

  it.each([
    ['relu', [pool(), dense('relu')], 'got relu at layer "last"'],
    ['tanh', [pool(), dense('tanh')], 'got tanh at layer "last"'],
    ['no activation at all', [pool()], 'got none at layer "last"'],
    ['a softmax of one score', [pool(), dense('softmax', 1)], 'got softmax of a single score'],
  ])('cannot be told of %s: refused', async (_, layers, got) => {
    const model = ending(...layers);
    const last = model.layers.at(-1)!;
    const classes = ['a', 'b', 'c'].slice(0, Math.max(2, model.outputs[0]!.shape[1]!));
    const refusal = (await loadClassifier(model, { classes, preprocessing }).catch(
      (error: unknown) => error,
    )) as Error;
    expect(refusal.name).toBe('ArgumentError');
    expect(refusal.message).toMatch(/^model: expected softmax, sigmoid or linear/);
    expect(refusal.message).toContain(got.replace('"last"', `"${last.name}"`));
    model.dispose();
  });
});

describe('a classifier whose head is linear', () => {
  const features = () => {
    const labels = Int32Array.from({ length: 24 }, (_, i) => i % 2);
    const values = tf.tidy(() => {
      const marks = tf.tensor1d(labels, 'int32').toFloat().mul(2).sub(1).reshape([24, 1, 1, 1]);
      return tf.randomNormal([24, 1, 1, 64], 0, 0.3, 'float32', 1).add(marks.mul(0.5));
    });
    return { values, labels, featureShape: [1, 1, 64] };
  };

  it('gives the probabilities of one that ends in their activation', async () => {
    const picture = tf.randomUniform<tf.Rank.R3>([40, 40, 3], 0, 255, 'int32', 1);
    for (const [numClasses, makeHead] of [
      [3, pooledHead],
      [3, denseHead],
      [1, pooledHead],
    ] as const) {
      const classes = ['a', 'b', 'c'].slice(0, Math.max(2, numClasses));
      const [expected, found] = await Promise.all(
        [numClasses === 1 ? 'sigmoid' : 'softmax', 'linear'].map(async (activation) => {
          const head = makeHead({ numClasses, activation: activation as 'linear' });
          const model = attachHead(miniResnet('v1', 1), head, { seed: 1 });
          const classifier = await loadClassifier(model, { classes, preprocessing });
          const answers = await classifier.classify(picture);
          classifier.dispose();
          return answers;
        }),
      );
      expect(found!.map(({ className }) => className)).toEqual(
        expected!.map(({ className }) => className),
      );
      expect(found!.map(({ probability }) => probability)).toBeAllclose(
        expected!.map(({ probability }) => probability),
        1e-5,
      );
    }
    picture.dispose();
  });

  it('learns from a single logit as a sigmoid does, and is right about what it learned', async () => {
    const training = features();
    const options = { epochs: 20, learningRate: 0.02, seed: 1 };
    const [linear, sigmoid] = await Promise.all(
      (['linear', 'sigmoid'] as const).map((activation) =>
        fitHead(pooledHead({ numClasses: 1, activation }), training, options),
      ),
    );
    expect(linear!.history).toEqual(sigmoid!.history);
    expect(linear!.history.at(-1)).toMatchObject({ accuracy: 1 });
    expect(linear!.history.at(-1)!.loss).toBeLessThan(linear!.history[0]!.loss / 2);
    tf.dispose(training.values);
    linear!.head.dispose();
    sigmoid!.head.dispose();
  });

  it.each(ACTIVATIONS)('is judged by one measure everywhere: %s', async (activation) => {
    const numClasses = activation === 'softmax' ? 2 : 1;
    const head = pooledHead({ numClasses, activation });
    const model = attachHead(miniResnet('v1', 1), head, { seed: 1 });
    const classifier = await loadClassifier(model, { classes: ['dark', 'light'], preprocessing });
    const level = (i: number) => (i % 2 === 0 ? 25 : 230);
    const batches = function* () {
      const images = tf.tidy(() =>
        tf.stack(Array.from({ length: 6 }, (_, i) => tf.fill([32, 32, 3], level(i)))),
      ) as tf.Tensor4D;
      yield { images, labels: [0, 1, 0, 1, 0, 1] };
    };
    await expectNoLeak(async () => {
      const { history } = await classifier.fineTune(batches, {
        ...{ epochs: 12, learningRate: 0.02, select: ({ name }) => name.startsWith('conv5') },
      });
      expect(history.at(-1)!.accuracy).toBe(1);
      const { shifts } = await translationRobustness(classifier, batches, { shifts: [0] });
      expect(shifts[0]!.accuracy).toBe(1);
      expect((await classifier.evaluate(batches)).accuracy).toBe(1);
    });
    for (const [level, name] of [
      [25, 'dark'],
      [230, 'light'],
    ] as const) {
      const picture = tf.fill<tf.Rank.R3>([32, 32, 3], level, 'int32');
      const [first] = await classifier.classify(picture);
      expect(first!.className).toBe(name);
      expect(first!.probability).toBeGreaterThan(0.5);
      expect(first!.probability).toBeLessThanOrEqual(1);
      picture.dispose();
    }
    classifier.dispose();
  });
});
