import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildDenseResnet,
  buildFlattenedResnet,
  buildHead,
  buildPooledResnet,
  resnet,
  splitModel,
  pooledHead,
} from 'resnet-heads';
import { forward } from '../goldens';
import { drawImage, drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';

/** The contract between backends: relative to the largest value of the output. */
const TOLERANCE = 1e-4;

const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;

describe('a backend', () => {
  it.each(['pooled', 'flattened', 'dense'] as const)(
    'a ResNet-50 with a %s head answers as Keras does',
    async (head) => {
      await expectNoLeak(() => {
        const model = BUILDERS[head]({
          numClasses: 10,
          inputShape: forward.inputShape,
          weights: 'pending',
        });
        drawWeights(model);
        tf.tidy(() => {
          const image = drawImage(forward.inputShape);
          const answer = model.predict(image) as tf.Tensor;
          const golden = forward.outputs[head];
          expect(answer.shape.slice(1)).toEqual(golden.shape);
          expect(answer.dataSync()).toBeAllclose(golden.values, TOLERANCE);
        });
        model.dispose();
      });
    },
  );

  it('the features are those of Keras', async () => {
    await expectNoLeak(() => {
      const base = resnet({ inputShape: forward.inputShape, weights: 'pending' });
      drawWeights(base);
      tf.tidy(() => {
        const features = base.predict(drawImage(forward.inputShape)) as tf.Tensor;
        const { shape, first, mean, max } = forward.features;
        expect(features.shape.slice(1)).toEqual(shape);
        expect(features.dataSync().subarray(0, first.length)).toBeAllclose(first, TOLERANCE);
        expect([features.mean().dataSync()[0] ?? NaN]).toBeAllclose([mean], TOLERANCE);
        expect([features.max().dataSync()[0] ?? NaN]).toBeAllclose([max], TOLERANCE);
      });
      base.dispose();
    });
  });

  it('draws from a seed what every backend draws', async () => {
    await expectNoLeak(() => {
      const head = buildHead(pooledHead({ numClasses: 2 }), [1, 1, 2], { seed: 42 });
      expect(head.getLayer('predictions').getWeights()[0]?.dataSync()).toBeAllclose(
        SEED_42_KERNEL,
        1e-7,
      );
      head.dispose();
    });
  });

  it('every pooling pools what it says', async () => {
    // One image of 1 × 2 positions and 2 channels, scored by an identity kernel.
    const cases = [
      ['avg', [2, -1]],
      ['max', [3, 0]],
      ['avgmax', [2.5, -0.5]],
      ['catavgmax', [2, -1, 3, 0]],
    ] as const;
    await expectNoLeak(() => {
      for (const [pooling, expected] of cases) {
        const recipe = pooledHead({ numClasses: expected.length, pooling, activation: 'linear' });
        const head = buildHead(recipe, [1, 2, 2]);
        tf.tidy(() => {
          head
            .getLayer('predictions')
            .setWeights([tf.eye(expected.length), tf.zeros([expected.length])]);
          const features = tf.tensor4d([1, 0, 3, -2], [1, 1, 2, 2]);
          expect((head.predict(features) as tf.Tensor).dataSync()).toBeAllclose(expected, 1e-6);
        });
        head.dispose();
      }
    });
  });

  it('a head alone, a base alone and the two attached agree, and nothing leaks', async () => {
    await expectNoLeak(() => {
      const base = resnet({ inputShape: [32, 32, 3], variant: 'v1.5', seed: 1 });
      const model = attachHead(base, pooledHead({ numClasses: 3 }), { seed: 1 });
      const { head } = splitModel(model);
      tf.tidy(() => {
        const image = drawImage([32, 32, 3]);
        const whole = model.predict(image) as tf.Tensor;
        const parts = head.predict(base.predict(image)) as tf.Tensor;
        expect(parts.dataSync()).toBeAllclose(whole.dataSync(), 1e-6);
      });
      head.dispose();
      model.dispose();
    });
  });
});

/** Drawn once on the cpu backend; what counts is that the others draw the same. */
const SEED_42_KERNEL = [
  1.1177122592926025, -1.0824540853500366, -0.5364652276039124, 1.1325520277023315,
];
