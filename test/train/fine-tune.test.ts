import * as tf from '@tensorflow/tfjs';
import { attachHead, freeze, pooledHead } from 'resnet-heads';
import { fineTune, type FineTuneOptions } from '../../src/train/fine-tune';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

/** Bright pictures and dark ones. */
function* batches() {
  for (const seed of [1, 2]) {
    const images = tf.tidy(() =>
      tf
        .randomUniform<tf.Rank.R4>([4, 32, 32, 3], -0.1, 0.1, 'float32', seed)
        .add<tf.Tensor4D>(tf.tensor4d([0.4, -0.4, 0.4, -0.4], [4, 1, 1, 1])),
    );
    yield { images, labels: [0, 1, 0, 1] };
  }
}

const snapshot = (model: tf.LayersModel) =>
  new Map(
    model.layers.flatMap((layer) =>
      layer.weights.map((weight): [string, string] => [
        `${layer.name}/${weight.originalName}`,
        weight.read().dataSync().join(),
      ]),
    ),
  );

const classifier = () =>
  attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 2 }), { seed: 1 });

describe('fineTune', () => {
  it('moves the last stage’s convolutions and the head, and nothing else', async () => {
    const model = classifier();
    const before = snapshot(model);
    await expectNoLeak(async () => {
      const { history } = await fineTune(model, batches, {
        epochs: 4,
        learningRate: 1e-3,
        validation: batches,
      });
      expect(history).toHaveLength(4);
      expect(history[3]!.loss).toBeLessThan(history[0]!.loss);
      expect(history[3]!.gap).toBeCloseTo(
        history[3]!.accuracy - history[3]!.validationAccuracy!,
        10,
      );
    });
    const after = snapshot(model);
    const moved = [...before.keys()].filter((name) => before.get(name) !== after.get(name));
    const layers = new Set(moved.map((name) => name.slice(0, name.indexOf('/'))));
    expect(layers.size).toBeGreaterThan(2);
    for (const layer of layers) expect(layer).toMatch(/^conv5_.*_conv$|^predictions$/);
    expect([...layers]).toContain('predictions');
    // The activation is back on.
    const sums = tf.tidy(() =>
      (model.predict(tf.zeros([2, 32, 32, 3])) as tf.Tensor).sum(1).dataSync(),
    );
    expect(sums).toBeAllclose([1, 1], 1e-5);
    model.dispose();
  });

  it('lets layers learn that are chosen, but no BatchNorm', async () => {
    const model = classifier();
    freeze(model);
    const before = snapshot(model);
    await fineTune(model, batches, {
      epochs: 1,
      learningRate: 1e-2,
      select: ({ name }) => name.startsWith('conv4'),
    });
    const after = snapshot(model);
    const moved = [...before.keys()].filter((name) => before.get(name) !== after.get(name));
    expect(moved.some((name) => name.startsWith('conv4'))).toBe(true);
    expect(moved.filter((name) => name.includes('_bn'))).toEqual([]);
    expect(moved.filter((name) => name.startsWith('conv5'))).toEqual([]);
    model.dispose();
  });

  it.each([
    ['out of range', [0, 1, 2, 1], 'batch.labels[2]: expected a class index from 0 to 1, got 2'],
    ['below zero', [0, -1, 0, 1], 'batch.labels[1]: expected a class index from 0 to 1, got -1'],
    ['fractions', [0.5, 1, 0, 1], 'batch.labels[0]: expected a class index from 0 to 1, got 0.5'],
    ['too few', [0, 1], 'batch.labels: expected a class for each of 4 images, got 2'],
    ['too many', [0, 1, 0, 1, 0], 'batch.labels: expected a class for each of 4 images, got 5'],
    ['no array', 'abcd', 'batch.labels: expected an array of class indices, got "abcd"'],
  ])(
    'refuses labels %s, also in validation, and leaves the weights',
    async (_, labels, message) => {
      const model = classifier();
      const before = snapshot(model);
      const good = function* () {
        yield { images: tf.ones<tf.Rank.R4>([2, 32, 32, 3]), labels: [0, 1] };
      };
      const wrong = function* () {
        yield* good();
        yield { images: tf.zeros<tf.Rank.R4>([4, 32, 32, 3]), labels: labels as number[] };
      };
      await expectNoLeak(async () => {
        for (const [source, validation] of [
          [wrong, good],
          [good, wrong],
        ] as const) {
          const options = { learningRate: 0.01, validation };
          await expect(fineTune(model, source, options)).rejects.toThrow(message);
          expect(snapshot(model)).toEqual(before);
        }
      });
      model.dispose();
    },
  );

  it('leaves the weights where images don’t fit, the loss is lost or a caller’s function fails', async () => {
    const model = classifier();
    const before = snapshot(model);
    const small = function* () {
      yield { images: tf.zeros<tf.Rank.R4>([2, 16, 16, 3]), labels: [0, 1] };
    };
    const infinite = function* () {
      yield { images: tf.fill<tf.Rank.R4>([2, 32, 32, 3], Infinity), labels: [0, 1] };
    };
    const fails = function* () {
      yield { images: tf.ones<tf.Rank.R4>([2, 32, 32, 3]), labels: [0, 1] };
      throw new Error('no more');
    };
    const onEpoch = () => {
      throw new Error('enough');
    };
    await expectNoLeak(async () => {
      for (const [source, options, message] of [
        [
          small,
          {},
          'batch.images: expected a tensor [n, 32, 32, 3] of at least one image, got [2, 16, 16, 3]',
        ],
        [
          batches,
          { validation: small },
          'batch.images: expected a tensor [n, 32, 32, 3] of at least one image, got [2, 16, 16, 3]',
        ],
        [infinite, {}, 'learningRate: expected a loss that stays finite, got NaN'],
        [
          batches,
          { validation: infinite },
          'validation: expected a finite loss, got NaN; check the pictures',
        ],
        [fails, {}, 'no more'],
        [batches, { onEpoch }, 'enough'],
      ] as const) {
        const all = { learningRate: 0.01, ...options };
        await expect(fineTune(model, source, all)).rejects.toThrow(message);
        expect(snapshot(model)).toEqual(before);
      }
    });
    model.dispose();
  });

  it.each([
    [
      'batches',
      [],
      {},
      'batches: expected a function that returns the batches of an epoch, got []',
    ],
    [
      'select',
      batches,
      { select: () => false },
      'select: expected a layer of the base, got "none"',
    ],
    ['select', batches, { select: 'conv5' }, 'select: expected a function that returns true'],
    ['validation', batches, { validation: [] }, 'validation: expected a function that returns'],
    ['epochs', batches, { epochs: 0 }, 'epochs: expected a positive integer, got 0'],
    ['images', () => [], {}, 'batches: expected at least one batch of images, got []'],
  ])('rejects wrong %s', async (_, source, options, message) => {
    const model = classifier();
    const wrong = options as FineTuneOptions;
    await expect(fineTune(model, source as typeof batches, wrong)).rejects.toThrow(message);
    model.dispose();
  });
});
