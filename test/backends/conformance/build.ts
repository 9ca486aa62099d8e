import * as tf from '@tensorflow/tfjs';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildHead,
  buildPooledResnet,
  planResnet,
  pooledHead,
} from 'resnet-heads';
import type { Case } from './case';

const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;

/** Drawn once on the cpu backend; what counts is that the others draw the same. */
const SEED_42_KERNEL = [
  1.1177122592926025, -1.0824540853500366, -0.5364652276039124, 1.1325520277023315,
];

const BYTES_PER_NUMBER = 4;

export const building: readonly Case[] = [
  ...(['pooled', 'flattened', 'dense'] as const).map((head) => ({
    name: `build a ResNet-50: ${head}`,
    run: (check: Parameters<Case['run']>[0]) => {
      const inputShape = [64, 64, 3];
      const plan = planResnet({ head, numClasses: 10, inputShape });
      const before = tf.memory();
      const model = BUILDERS[head]({ numClasses: 10, inputShape, weights: 'pending' });
      const { numBytes } = tf.memory();
      check.same(model.countParams(), plan.totals.params, 'parameters');
      check.same(model.outputShape, [null, ...plan.outputShape], 'output');
      // Nothing but weights is held, and all of them are.
      check.same(numBytes - before.numBytes, BYTES_PER_NUMBER * plan.totals.params, 'bytes');
      model.dispose();
      check.same(tf.memory().numBytes, before.numBytes, 'bytes after dispose');
    },
  })),
  {
    name: 'draw the same weights from a seed',
    run: async (check) => {
      const head = buildHead(pooledHead({ numClasses: 2 }), [1, 1, 2], { seed: 42 });
      check.close(await head.getWeights()[0]!.data(), SEED_42_KERNEL);
      head.dispose();
    },
  },
];

export { BUILDERS };
