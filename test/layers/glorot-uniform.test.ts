import * as tf from '@tensorflow/tfjs';
import { glorotUniform } from '../../src/layers/glorot-uniform';
import { expectNoLeak } from '../setup/memory';

const SHAPES = [
  [1, 1],
  [2, 1],
  [64, 10],
  [7, 7, 3, 64],
  [1, 1, 64, 256],
];

describe('glorotUniform', () => {
  it('draws what TensorFlow.js draws, to the bit', async () => {
    await expectNoLeak(() => {
      tf.tidy(() => {
        for (const shape of SHAPES) {
          for (const seed of [1, 42, -7, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER]) {
            const [own, theirs] = [
              glorotUniform(seed),
              tf.initializers.glorotUniform({ seed }),
            ].map((initializer) => initializer.apply(shape));
            expect(own!.shape).toEqual(shape);
            expect(own!.dtype).toBe('float32');
            expect(own!.dataSync()).toEqual(theirs!.dataSync());
          }
        }
      });
    });
  });

  it('draws other numbers each time without a seed', () => {
    tf.tidy(() => {
      const [first, second] = [1, 2].map(() => glorotUniform(undefined).apply([3, 4]).dataSync());
      expect(first).not.toEqual(second);
      expect(Math.max(...first!.map(Math.abs))).toBeLessThan(Math.sqrt(6 / 7));
    });
  });

  it('is saved as what TensorFlow.js and Keras know', () => {
    const { className, config } = tf.layers
      .dense({ units: 1, kernelInitializer: glorotUniform(3) })
      .getConfig()['kernelInitializer'] as Record<string, unknown>;
    expect(className).toBe('VarianceScaling');
    expect(config).toEqual(tf.initializers.glorotUniform({ seed: 3 }).getConfig());
  });
});
