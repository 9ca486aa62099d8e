import * as tf from '@tensorflow/tfjs';
import { type Features, fitHead } from 'resnet-heads';
import { byAdam } from '../setup/adam';
import { expectNoLeak } from '../setup/memory';

const SHAPE = [2, 2, 4];

/** A head that nobody has compiled. */
const sequential = (seed = 1) =>
  tf.sequential({
    layers: [
      tf.layers.globalAveragePooling2d({ inputShape: [2, 2, 4] }),
      tf.layers.dense({
        ...{ units: 3, activation: 'relu' },
        kernelInitializer: tf.initializers.glorotUniform({ seed }),
      }),
      tf.layers.dense({
        ...{ units: 2, activation: 'softmax' },
        kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 1 }),
      }),
    ],
  });

let features: Features;
beforeAll(() => {
  const labels = Int32Array.from({ length: 20 }, (_, i) => i % 2);
  const values = tf.tidy(() =>
    tf
      .randomUniform([20, ...SHAPE], 0, 1, 'float32', 1)
      .add(tf.tensor1d(labels, 'float32').reshape([20, 1, 1, 1])),
  );
  features = { values, labels, featureShape: SHAPE };
});
afterAll(() => {
  features.values.dispose();
});

describe('a tf.sequential head', () => {
  it('is trained by Adam, on maps and on what was pooled', async () => {
    const pooled = { ...features, values: features.values.mean([1, 2]) };
    for (const own of [features, pooled]) {
      await expectNoLeak(async () => {
        const head = sequential();
        const found = byAdam(await fitHead(head, own, { epochs: 20, learningRate: 0.05 }));
        expect(found.head).toBe(head);
        expect(found.accuracy).toBeGreaterThan(0.9);
        head.dispose();
      });
    }
    pooled.values.dispose();
  });

  it('without a fixed part is trained and stopped by a callback', async () => {
    await expectNoLeak(async () => {
      const head = tf.sequential({
        layers: [
          tf.layers.dense({ units: 3, activation: 'relu', inputShape: [4] }),
          tf.layers.dense({ units: 2, activation: 'softmax' }),
        ],
      });
      const values = tf.tidy(() => features.values.mean([1, 2]));
      const callbacks = [tf.callbacks.earlyStopping({ monitor: 'loss', patience: 0, minDelta: 9 })];
      const options = { epochs: 9, callbacks };
      const found = byAdam(await fitHead(head, { ...features, values }, options));
      expect(found.endedBy).toBe('callback');
      head.dispose();
      values.dispose();
    });
  });
});
