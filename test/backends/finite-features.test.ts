import * as tf from '@tensorflow/tfjs';
import {
  type Features,
  fitHead,
  type FitHeadOptions,
  flattenedHead,
  pooledHead,
  type StoredFeatures,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';

const SHAPE = [2, 2, 3];
const COUNT = 12;

const HEADS = {
  pooled: pooledHead({ numClasses: 2 }),
  flattened: flattenedHead({ numClasses: 2, hiddenUnits: 4 }),
};

/** Features of two classes; `bad` stands in one of their values. */
function features(bad = 0.5): Features {
  const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 2);
  const values = Float32Array.from({ length: COUNT * 12 }, (_, i) => ((i * 7) % 11) / 11);
  values[COUNT * 6] = bad;
  return { labels, values: tf.tensor(values, [COUNT, ...SHAPE]), featureShape: SHAPE };
}

const stored = ({ values, ...others }: Features): StoredFeatures => ({
  ...{ ...others, shape: SHAPE },
  read: (images) => Promise.resolve(tf.tidy(() => tf.gather(values, tf.tensor1d(images, 'int32')))),
});

// wasm's ReLU turns NaN into 0, so that losses stay finite.
describe.each([NaN, Infinity])('fitHead tells of %s', (bad) => {
  it.each<[string, keyof typeof HEADS, FitHeadOptions]>([
    ['in validation, with the default rates', 'flattened', { epochs: 1 }],
    ['in validation, at a constant rate', 'flattened', { epochs: 1, learningRate: 0.01 }],
    ['in validation, with L-BFGS', 'pooled', {}],
    ['in training, with the default rates', 'flattened', { epochs: 1 }],
    ['in training, at a constant rate', 'flattened', { epochs: 1, learningRate: 0.01 }],
    ['in training, with L-BFGS', 'pooled', {}],
  ])('%s', async (name, head, options) => {
    const [good, wrong] = [features(), features(bad)];
    const isValidation = name.startsWith('in validation');
    const [training, validation] = isValidation ? [good, wrong] : [wrong, good];
    const refused = `${isValidation ? 'validation' : 'features'}: expected finite numbers`;
    await expectNoLeak(async () => {
      for (const form of [(each: Features) => each, stored]) {
        const fit = fitHead(HEADS[head], form(training), {
          ...options,
          validation: form(validation),
        });
        await expect(fit).rejects.toThrow(refused);
      }
    });
    tf.dispose([good.values, wrong.values]);
  });
});
