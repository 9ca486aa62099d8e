/**
 * What the compiler has to accept and to refuse. Nothing here runs: `npm run typecheck` is the test,
 * since a `@ts-expect-error` without an error under it is itself an error.
 */
import type * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildDenseResnet,
  buildHead,
  buildPooledResnet,
  type Head,
  planResnet,
  pooledHead,
  resnet,
} from 'resnet-heads';

declare const base: tf.LayersModel;

export const accepted = {
  model: buildPooledResnet({ numClasses: 10 }) satisfies tf.LayersModel,
  shape: resnet({ inputShape: [320, 240, 3] as const }),
  byName: planResnet({ head: 'dense', numClasses: 10, hiddenUnits: 5, pooling: 'max' }),
  byHead: planResnet({ head: pooledHead({ numClasses: 10 }), depth: 152 }),
  shallow: resnet({ depth: 18 }),
  own: attachHead(base, {
    name: 'own',
    apply: (layers, features) => layers.flatten({ name: 'flat' })(features),
  }),
  model_as_head: attachHead(base, base),
};

// @ts-expect-error because numClasses is the one option that has no default
buildPooledResnet({});
// @ts-expect-error because a misspelt option would be ignored in silence
buildPooledResnet({ numClasses: 10, dropOut: 0.5 });
// @ts-expect-error because there is no ResNet-20 here
resnet({ depth: 20 });
// @ts-expect-error because the pooled head has no hidden layer
planResnet({ head: 'pooled', numClasses: 10, hiddenUnits: 5 });
// @ts-expect-error because a dense head pools before its layers, by average or maximum only
buildDenseResnet({ numClasses: 10, pooling: 'catavgmax' });
// @ts-expect-error because a head by name needs its builder
attachHead(base, 'pooled');
// @ts-expect-error because a recipe is needed here, not a model
buildHead(base, [7, 7, 2048]);
// @ts-expect-error because a result is read, not written
planResnet({ head: 'dense', numClasses: 10 }).totals.params = 0;

export const narrow: Head = {
  name: 'narrow',
  // @ts-expect-error because a head written for real tensors only can't be planned
  apply: (_, features: tf.SymbolicTensor) => features,
};
