import * as tf from '@tensorflow/tfjs';
import { attachHead, buildHead, pooledHead, resnet, splitModel } from 'resnet-heads';
import { forward } from '../../goldens';
import { drawImage, drawWeights } from '../../setup/draw';
import { BUILDERS } from './build';
import type { Case } from './case';
import { answer, answerToDrawn, miniBase, withDrawn } from './models';

const { inputShape } = forward;

/** One image of 1 × 2 positions and 2 channels, scored by an identity kernel. */
const POOLED = [
  ['avg', [2, -1]],
  ['max', [3, 0]],
  ['avgmax', [2.5, -0.5]],
  ['catavgmax', [2, -1, 3, 0]],
] as const;

export const forwarding: readonly Case[] = [
  {
    name: 'forward, ResNet-50: features, against Keras',
    run: (check) =>
      withDrawn(resnet({ inputShape, weights: 'pending' }), async (base) => {
        const values = await answerToDrawn(base, inputShape);
        const { first, mean, max } = forward.features;
        check.close(values.subarray(0, first.length), first);
        check.close([values.reduce((sum, value) => sum + value, 0) / values.length], [mean]);
        check.close([values.reduce((most, value) => Math.max(most, value), 0)], [max]);
      }),
  },
  ...(['pooled', 'flattened', 'dense'] as const).map((head): Case => ({
    name: `forward, ResNet-50: ${head}, against Keras`,
    run: (check) =>
      withDrawn(
        BUILDERS[head]({ numClasses: 10, inputShape, weights: 'pending' }),
        async (model) => {
          check.same(model.outputShape.slice(1), forward.outputs[head].shape, 'output');
          check.close(await answerToDrawn(model, inputShape), forward.outputs[head].values);
        },
      ),
  })),
  {
    name: 'forward: every pooling, against arithmetic',
    run: async (check) => {
      for (const [pooling, expected] of POOLED) {
        const recipe = pooledHead({ numClasses: expected.length, pooling, activation: 'linear' });
        const head = buildHead(recipe, [1, 2, 2]);
        tf.tidy(() => {
          const weights = [tf.eye(expected.length), tf.zeros([expected.length])];
          head.getLayer('predictions').setWeights(weights);
        });
        const features = tf.tensor4d([1, 0, 3, -2], [1, 1, 2, 2]);
        check.close(await answer(head, features), expected);
        features.dispose();
        head.dispose();
      }
    },
  },
  {
    name: 'forward: base and head apart, against the two attached',
    run: async (check, surroundings) => {
      const base = await miniBase(surroundings, 'v1.5');
      drawWeights(base);
      const model = attachHead(base, pooledHead({ numClasses: 3 }), { seed: 1 });
      const { head } = splitModel(model);
      const image = drawImage([32, 32, 3]);
      const features = base.predict(image) as tf.Tensor;
      check.close(await answer(head, features), await answer(model, image));
      tf.dispose([image, features]);
      head.dispose();
      model.dispose();
    },
  },
];
