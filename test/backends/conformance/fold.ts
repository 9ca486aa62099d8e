import * as tf from '@tensorflow/tfjs';
import { foldBatchNorm, resnet } from 'resnet-heads';
import { forward } from '../../goldens';
import { drawWeights } from '../../setup/draw';
import type { Case } from './case';
import { answerToDrawn, withDrawn } from './models';

const { inputShape } = forward;
const NORMS_OF_RESNET50 = 53;

/** What the fold has a way of its own for: a depthwise kernel, no bias, no scale, and ReLUs that stay. */
function mobile(): tf.LayersModel {
  const { conv2d, batchNormalization, reLU, depthwiseConv2d, dense } = tf.layers;
  return tf.sequential({
    layers: [
      conv2d({ inputShape: [9, 9, 3], filters: 4, kernelSize: 3, strides: 2, name: 'conv' }),
      batchNormalization({ scale: false, name: 'conv_bn' }),
      reLU({ maxValue: 6, name: 'conv_relu6' }),
      depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3, useBias: false, name: 'depthwise' }),
      batchNormalization({ name: 'depthwise_bn' }),
      reLU({ name: 'depthwise_relu' }),
      dense({ units: 5, name: 'dense' }),
      batchNormalization({ center: false, name: 'dense_bn' }),
      reLU({ name: 'dense_relu' }),
    ],
  });
}

export const folding: readonly Case[] = [
  {
    name: 'foldBatchNorm: ResNet-50 without its BatchNorms, against Keras',
    run: (check) =>
      withDrawn(resnet({ inputShape, weights: 'pending' }), async (base) => {
        const result = await foldBatchNorm(base, { measure: true });
        const { model, folded, kept, maxError = NaN } = result;
        check.same([folded.length, kept], [NORMS_OF_RESNET50, []], 'what is folded');
        const values = await answerToDrawn(model, inputShape);
        const { first, max } = forward.features;
        check.close(values.subarray(0, first.length), first);
        check.close([values.reduce((most, value) => Math.max(most, value), 0)], [max]);
        // As if the largest value were 1.
        check.close([1 + maxError], [1]);
        model.dispose();
      }),
  },
  {
    name: 'foldBatchNorm: depthwise and dense, against the model as it was',
    run: async (check) => {
      const before = mobile();
      drawWeights(before);
      const { model, folded } = await foldBatchNorm(before);
      check.same(folded, ['conv_bn', 'depthwise_bn', 'dense_bn'], 'what is folded');
      check.same(model.outputNames, ['dense'], 'output');
      const [expected, received] = [
        await answerToDrawn(before, [9, 9, 3]),
        await answerToDrawn(model, [9, 9, 3]),
      ];
      check.close(received, expected);
      before.dispose();
      model.dispose();
    },
  },
];
