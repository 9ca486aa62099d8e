import * as tf from '@tensorflow/tfjs';
import { attachHead, fineTune, freeze, pooledHead } from 'resnet-heads';
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
      const history = await fineTune(model, batches, {
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
    ['batches', [], {}, 'batches: expected a function that gives the batches of an epoch, got []'],
    [
      'select',
      batches,
      { select: () => false },
      'select: expected a layer of the base, got "none"',
    ],
    ['epochs', batches, { epochs: 0 }, 'epochs: expected a positive integer, got 0'],
    ['images', () => [], {}, 'batches: expected at least one batch of images, got []'],
  ])('rejects wrong %s', async (_, source, options, message) => {
    const model = classifier();
    await expect(fineTune(model, source as typeof batches, options)).rejects.toThrow(message);
    model.dispose();
  });
});
