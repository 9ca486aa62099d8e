/**
 * What the compiler has to accept and to refuse. Nothing here runs: `npm run typecheck` is the test,
 * since a `@ts-expect-error` without an error under it is itself an error.
 */
import type * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  buildDenseResnet,
  buildHead,
  buildPooledResnet,
  type Classification,
  type Classifier,
  compareHeads,
  exportOnnx,
  type Head,
  type LabelledPicture,
  loadBackbone,
  loadClassifier,
  planResnet,
  pooledHead,
  type Recognition,
  resnet,
  trainClassifier,
} from 'resnet-heads';

declare const base: tf.LayersModel;
declare const backbone: Backbone;
declare const classifier: Classifier;
declare const image: tf.Tensor3D;
declare const images: tf.Tensor4D;
declare const labels: tf.Tensor1D;
declare const isAsked: boolean;
declare const video: HTMLVideoElement;

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
  on_a_backbone: attachHead(backbone, pooledHead({ numClasses: 10 })),
  one: classifier.classify(video) satisfies Promise<Classification[]>,
  several: classifier.classify([video, image, 'cat.jpg']) satisfies Promise<Classification[][]>,
  perhaps: classifier.classify(video, { familiarity: isAsked }) satisfies Promise<
    Classification[] | Recognition
  >,
  perhaps_several: classifier.classify([video], { familiarity: isAsked, top: 1 }) satisfies Promise<
    Classification[][] | Recognition[]
  >,
  familiar: classifier.classify(video, { familiarity: true }) satisfies Promise<Recognition>,
  folder: trainClassifier(backbone, 'photos', { head: { name: 'dense', hiddenUnits: 64 } }),
  batch: trainClassifier(backbone, [{ images, labels }], { classes: ['cat', 'dog'] }),
  generated: trainClassifier(backbone, () => [{ images, labels: [0, 1] }] as const),
  compared: compareHeads(backbone, [
    'pooled',
    { name: 'flattened' },
    pooledHead({ numClasses: 2 }),
  ]),
  bytes: exportOnnx(classifier) satisfies Promise<Uint8Array>,
  file: exportOnnx(classifier, 'model.onnx') satisfies Promise<void>,
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
// @ts-expect-error because a model doesn't say how it wants its pixels
void trainClassifier(base, 'photos');
// @ts-expect-error because a class has a name
({ picture: image, label: 0 }) satisfies LabelledPicture;
// @ts-expect-error because the number of classes follows from the pictures
void trainClassifier(backbone, 'photos', { head: { name: 'pooled', numClasses: 2 } });
// @ts-expect-error because the pooled head has no hidden layer
void trainClassifier(backbone, 'photos', { head: { name: 'pooled', hiddenUnits: 5 } });
// @ts-expect-error because what goes with a backbone is no option of a classifier
void loadClassifier('keras/resnet50', { base });
// @ts-expect-error because there are three ways to scale pixels
void loadBackbone(base, { preprocessing: 'keras' });
// @ts-expect-error because classes are read, not written
classifier.classes[0] = 'hen';
// @ts-expect-error because a result is read, not written
planResnet({ head: 'dense', numClasses: 10 }).totals.params = 0;

export const narrow: Head = {
  name: 'narrow',
  // @ts-expect-error because a head written for real tensors only can't be planned
  apply: (_, features: tf.SymbolicTensor) => features,
};
