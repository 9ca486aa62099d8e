import * as tf from '@tensorflow/tfjs';
import {
  denseHead,
  type Features,
  fitHead,
  flattenedHead,
  type Head,
  pooledHead,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { numbers } from '../setup/mini-resnet';

const SHAPE = [2, 2, 4];

/** Drawn in JavaScript, so that every backend has the same. */
function features(): Features {
  const images = 24;
  const values = Float32Array.from({ length: images * 16 }, (_, i) => {
    const [image, channel] = [Math.floor(i / 16), i % 4];
    return (channel === image % 2 ? 1 : 0) + Math.sin(i * 12.9898) / 2;
  });
  return {
    values: tf.tensor(values, [images, ...SHAPE]),
    labels: Int32Array.from({ length: images }, (_, i) => i % 2),
    featureShape: SHAPE,
  };
}

// Losses of a run on plain JavaScript; by the same seeds on every backend.
const HEADS: readonly (readonly [string, Head, readonly number[]])[] = [
  ['pooled', pooledHead({ numClasses: 2 }), [0.7915551, 0.6385511, 0.5124331, 0.40741]],
  [
    'flattened',
    flattenedHead({ numClasses: 2, hiddenUnits: 6, dropout: 0.2 }),
    [0.5392012, 0.2953053, 0.1344664, 0.0828474],
  ],
  [
    'dense',
    denseHead({ numClasses: 2, hiddenUnits: 6 }),
    [0.5890413, 0.3845019, 0.2513674, 0.1587262],
  ],
];

describe('fitHead', () => {
  it.each(HEADS)('trains, and gives the reference’s losses: %s', async (_, head, losses) => {
    const training = features();
    await expectNoLeak(async () => {
      const options = { epochs: 4, batchSize: 10, learningRate: 0.05, seed: 1 };
      const [first, second] = [
        await fitHead(head, training, options),
        await fitHead(head, training, options),
      ];
      expect(first.history.map(({ loss }) => loss)).toBeAllclose(losses, 1e-4);
      expect(numbers(second.head)).toEqual(numbers(first.head));
      first.head.dispose();
      second.head.dispose();
    });
    training.values.dispose();
  });
});
