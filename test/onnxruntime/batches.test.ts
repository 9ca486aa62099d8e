import * as tf from '@tensorflow/tfjs';
import { inBatches } from '../../src/onnxruntime/batches';
import { expectNoLeak } from '../setup/memory';

/** The mean of each image, after noting how many there are. */
const meansNoting = (sizes: number[]) => (batch: tf.Tensor4D) => {
  sizes.push(batch.shape[0]);
  return Promise.resolve(tf.tidy(() => batch.mean([1, 2, 3])));
};

describe('inBatches', () => {
  it.each([
    [{ size: 3 }, [3, 3, 1]],
    [{ size: 3, filled: true }, [3, 3, 3]],
    [{ size: 7 }, [7]],
    [{ size: Infinity }, [7]],
    [{ size: 8 }, [7]],
    [{ size: 8, filled: true }, [8]],
  ])('gives each image’s result with %j', async (batches, expected) => {
    await expectNoLeak(async () => {
      const numbers = [0, 1, 2, 3, 4, 5, 6];
      const pixels = tf.tidy(() =>
        tf.tensor4d(numbers, [7, 1, 1, 1]).tile<tf.Tensor4D>([1, 2, 2, 3]),
      );
      const sizes: number[] = [];
      const found = await inBatches(pixels, batches, meansNoting(sizes));
      expect([sizes, [...(await found.data())]]).toEqual([expected, numbers]);
      tf.dispose([pixels, found]);
    });
  });

  it('leaves nothing behind if a batch fails', async () => {
    await expectNoLeak(async () => {
      const pixels = tf.zeros<tf.Rank.R4>([4, 1, 1, 1]);
      let runs = 0;
      const run = (batch: tf.Tensor4D) =>
        ++runs === 2 ? Promise.reject(new Error('lost')) : Promise.resolve(batch.clone());
      await expect(inBatches(pixels, { size: 2 }, run)).rejects.toThrow('lost');
      pixels.dispose();
    });
  });
});
