import * as tf from '@tensorflow/tfjs';
import { scaleOf, standardised } from '../../../src/train/linear/scale';
import { inMemory } from '../../../src/train/examples';
import { expectNoLeak } from '../../setup/memory';

const matrix = (rows: number[][]) => tf.tensor2d(rows);

describe('scaleOf', () => {
  it('gives features a mean of 0 and a deviation of 1, and 0 where they do not vary', async () => {
    const values = matrix([1, 4, 2, 9, 5].map((x, i) => [x, 100 * x, 3, i % 2]));
    const scale = await scaleOf(inMemory(values, new Int32Array(values.shape[0])));
    const scaled = standardised(values, scale);
    const { mean, variance } = tf.moments(scaled, 0);
    for (const each of mean.dataSync()) expect(each).toBeCloseTo(0, 5);
    expect(variance.dataSync()).toBeAllclose([1, 1, 0, 1], 1e-5);
    tf.dispose([values, scaled, mean, variance]);
  });

  it('does not take a chance agreement of two images for a small deviation', async () => {
    const values = matrix([
      [0, 0, 1],
      [1, 1, 1.00002],
    ]);
    await expectNoLeak(async () => {
      const { inverse } = await scaleOf(inMemory(values, new Int32Array(values.shape[0])));
      // Deviations 0.5, 0.5 and 1e-5: a quarter of their geometric mean is the least.
      const least = (0.5 * 0.5 * 1e-5) ** (1 / 3) / 4;
      expect(inverse).toBeAllclose([2, 2, 1 / least], 0.01);
    });
    values.dispose();
  });

  it('does so with two images only, not with many', async () => {
    const values = matrix(Array.from({ length: 40 }, (_, i) => [i % 2, (i % 2) * 1e-3, i % 4]));
    const { inverse } = await scaleOf(inMemory(values, new Int32Array(values.shape[0])));
    expect(inverse[1]! / inverse[0]!).toBeCloseTo(1000, 0);
    values.dispose();
  });
});
