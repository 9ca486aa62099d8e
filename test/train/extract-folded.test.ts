import * as tf from '@tensorflow/tfjs';
import { pooledHead } from 'resnet-heads';
import { extractBatches } from '../../src/train/features';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers, unscaled } from '../setup/mini-resnet';

const images = (count: number) =>
  tf.randomUniform<tf.Rank.R4>([count, 32, 32, 3], -1, 1, 'float32', count);
const batches = (...counts: number[]) =>
  counts.map((count) => ({ images: images(count), labels: Array<number>(count).fill(0) }));

const LAYERS = { engine: 'layers' } as const;

/** Has `extractBatches` count how often layers of the base itself are run. */
function countCalls(base: tf.LayersModel): () => number {
  const spies = base.layers.map((layer) => jest.spyOn(layer, 'call'));
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

describe('extractBatches', () => {
  it.each([undefined, pooledHead({ numClasses: 2 })])(
    'runs a folded copy of the base, for as long as it takes',
    async (head) => {
      const base = miniResnet();
      drawWeights(base);
      const before = numbers(base);
      const expected = tf.tidy(() => {
        const map = tf.concat([3, 2].map((count) => base.predict(images(count)) as tf.Tensor));
        return (head ? map.mean([1, 2]) : map).dataSync();
      });
      const calls = countCalls(base);
      await expectNoLeak(async () => {
        const { values } = await extractBatches(unscaled(base), batches(3, 2), {
          ...LAYERS,
          ...(head && { head }),
        });
        // Folded, a convolution rounds otherwise.
        expect(values.dataSync()).toBeAllclose(expected, 1e-5);
        values.dispose();
      });
      expect(calls()).toBe(0);
      expect(numbers(base)).toEqual(before);
      base.dispose();
    },
  );

  it('runs the base itself where it has nothing to fold, or can’t be copied', async () => {
    const plain = tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 2, kernelSize: 3 });
    const image = tf.input({ shape: [32, 32, 3] });
    const outputs = miniResnet('v1', 1).apply(image) as tf.SymbolicTensor;
    const nested = tf.model({ inputs: image, outputs });
    for (const base of [tf.sequential({ layers: [plain] }), nested]) {
      const expected = tf.tidy(() => (base.predict(images(2)) as tf.Tensor).dataSync());
      const calls = countCalls(base);
      await expectNoLeak(async () => {
        const { values } = await extractBatches(unscaled(base), batches(2), LAYERS);
        expect(values.dataSync()).toEqual(expected);
        values.dispose();
      });
      expect(calls()).toBeGreaterThan(0);
      base.dispose();
    }
  });

  it('leaves no copy behind where a batch fails', async () => {
    const base = miniResnet('v1', 1);
    await expectNoLeak(async () => {
      const bad = { images: images(2), labels: [0] };
      await expect(extractBatches(unscaled(base), [...batches(1), bad], LAYERS)).rejects.toThrow(
        'labels: expected a class for each of 2 images',
      );
    });
    base.dispose();
  });
});
