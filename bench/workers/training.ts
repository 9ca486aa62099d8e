import * as tf from '@tensorflow/tfjs';
import { buildPooledResnet, fitHead, freeze, pooledHead } from 'resnet-heads';
import { type Preparation, SHAPE } from './work.js';

const IMAGES = 32;
const EPOCHS = 10;
const BATCH_SIZE = 16;
/** tfjs-node would draw a bar. */
const QUIET = { verbose: 0 };
const LABELS = Int32Array.from({ length: IMAGES }, (_, i) => i % SHAPE.numClasses);

/** Ten epochs of a pooled head on features that are there already. */
async function trainOnFeatures(): Promise<void> {
  const values = tf.randomUniform([IMAGES, 7, 7, 2048]);
  const features = { values, labels: LABELS, featureShape: [7, 7, 2048] };
  const { head } = await fitHead(pooledHead({ numClasses: SHAPE.numClasses }), features, {
    epochs: EPOCHS,
    batchSize: BATCH_SIZE,
  });
  head.dispose();
  values.dispose();
}

/** Ten epochs of the same head by `fit`, through the frozen model. */
async function trainThroughModel(): Promise<void> {
  const model = buildPooledResnet({ ...SHAPE, seed: 1 });
  freeze(model);
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const images = tf.randomUniform([IMAGES, ...SHAPE.inputShape]);
  const labels = tf.oneHot(tf.tensor1d(LABELS, 'int32'), SHAPE.numClasses);
  await model.fit(images, labels, { epochs: EPOCHS, batchSize: BATCH_SIZE, ...QUIET });
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([images, labels]);
}

export const training: Readonly<Record<string, Preparation>> = {
  'train/features': () => trainOnFeatures,
  'train/model': () => trainThroughModel,
};
