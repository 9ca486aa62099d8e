import * as tf from '@tensorflow/tfjs';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  fitHead,
  freeze,
  planResnet,
  pooledHead,
} from 'resnet-heads';
import type { Keras } from './keras.js';
import { weights } from './weights.js';

/** Something that is timed: a run tells its milliseconds itself, or is timed from outside. */
export type Work = () => unknown;

export interface Peer {
  readonly name: string;
  /** How to run it once. */
  readonly run?: Work;
  /** Or how it times itself. */
  readonly time?: () => Promise<number>;
}

export interface Case {
  readonly name: string;
  /** Runs in a sample: more than one where a single run is too short for the clock. */
  readonly runs: number;
  /** How often to time it. @default 7 */
  readonly rounds?: number;
  /** What has to be there first, and isn't timed. */
  readonly prepare?: () => Promise<void>;
  readonly subject: Peer;
  readonly peers: readonly Peer[];
}

const SHAPE = { numClasses: 10, inputShape: [224, 224, 3] } as const;

const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;

const HEADS = ['pooled', 'flattened', 'dense'] as const;

const plans = (keras: Keras): readonly Case[] =>
  HEADS.map((head) => ({
    name: `plan/${head}`,
    runs: 20,
    subject: { name: 'planResnet', run: () => planResnet({ head, ...SHAPE }) },
    peers: [
      { name: 'the model built in tfjs-node', run: () => BUILDERS[head](SHAPE).dispose() },
      { name: 'the model built in Keras', time: () => keras.time(`build/${head}`) },
    ],
  }));

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
  const { head } = await fitHead(pooledHead(SHAPE), features, {
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

const training = (keras: Keras): Case => ({
  name: 'train/pooled, ten epochs of 32 images',
  runs: 1,
  // Minutes, some of them.
  rounds: 1,
  subject: { name: 'fitHead on cached features', run: trainOnFeatures },
  peers: [
    { name: 'fit through the frozen model in tfjs-node', run: trainThroughModel },
    {
      name: 'fit through the frozen model in Keras',
      time: () => keras.time('train/through the model'),
    },
    { name: 'fit on cached features in Keras', time: () => keras.time('train/on features') },
  ],
});

export const casesWith = (keras: Keras): readonly Case[] => [
  ...plans(keras),
  ...weights(keras),
  training(keras),
];
