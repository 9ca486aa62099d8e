import * as tf from '@tensorflow/tfjs';
import { requirePositiveInteger } from '../errors.js';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { attachHead, buildHead } from '../model/attach.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { disposeHeadOf } from '../model/dispose.js';
import { supplyKernels } from '../train/kernels.js';
import type { HeadTimes } from './comparison.js';
import { type Spread, spread } from './spread.js';
import type { OptimizerName } from '../analyze/memory.js';

export interface MeasureOptions {
  readonly inputShape: Shape;
  readonly featureShape: Shape;
  readonly batchSize?: number;
  readonly optimizer?: OptimizerName;
  readonly runs?: number;
}

const DEFAULT_RUNS = 5;
/** Small, so that weights stay finite over many steps on random features. */
const LEARNING_RATE = 1e-4;
const MOMENTUM = 0.9;

function makeOptimizer(name: OptimizerName): tf.Optimizer {
  if (name === 'momentum') return tf.train.momentum(LEARNING_RATE, MOMENTUM);
  return tf.train[name](LEARNING_RATE);
}

/** Runs that are not measured: the first ones compile kernels, allocate memory and pack weights. */
const WARM_UPS = 3;

async function time(runs: number, work: () => Promise<void>): Promise<Spread> {
  for (let run = 0; run < WARM_UPS; run++) await work();
  const took: number[] = [];
  for (let run = 0; run < runs; run++) {
    const begin = performance.now();
    await work();
    took.push(performance.now() - begin);
  }
  return spread(took);
}

async function timePredict(
  base: tf.LayersModel,
  head: Head,
  { inputShape, batchSize = 1 }: MeasureOptions,
  runs: number,
): Promise<Spread> {
  const model = attachHead(base, head, { seed: 1 });
  const images = tf.randomUniform([batchSize, ...inputShape]);
  try {
    return await time(runs, async () => {
      const output = model.predict(images, { batchSize }) as tf.Tensor;
      // A GPU has only finished once the result is read.
      await output.data();
      output.dispose();
    });
  } finally {
    disposeHeadOf(model, base);
    images.dispose();
  }
}

async function timeTrainStep(
  head: Head,
  { featureShape, batchSize = 1, optimizer: name = 'adam' }: MeasureOptions,
  runs: number,
): Promise<Spread> {
  const model = buildHead(head, featureShape, { seed: 1 });
  const optimizer = makeOptimizer(name);
  const features = tf.randomUniform([batchSize, ...featureShape]);
  const labels = tf.zeros([batchSize, ...(model.outputs[0]?.shape.slice(1) as number[])]);
  try {
    // The loss takes little of the time; this one accepts labels of any shape.
    model.compile({ optimizer, loss: 'meanSquaredError' });
    // As in fitHead.
    await supplyKernels();
    return await time(runs, async () => {
      await model.trainOnBatch(features, labels);
    });
  } finally {
    model.dispose();
    optimizer.dispose();
    // TensorFlow.js 4.22's momentum optimizer does not dispose its learning rate.
    (optimizer as tf.Optimizer & { readonly c?: tf.Tensor }).c?.dispose();
    tf.dispose([features, labels]);
  }
}

/**
 * Times a head on the active backend: prediction with the base, and a training step of the head alone.
 *
 * @throws ArgumentError if the base isn't a `tf.LayersModel` with one feature map as output
 */
export async function measureHead(
  base: unknown,
  head: Head,
  options: MeasureOptions,
): Promise<HeadTimes> {
  requireLayersModel('base', base);
  const { runs = DEFAULT_RUNS, batchSize = 1 } = options;
  requirePositiveInteger('runs', runs);
  requirePositiveInteger('batchSize', batchSize);
  requireFeatureMap('base', base);
  return {
    backend: tf.getBackend(),
    runs,
    predictMs: await timePredict(base, head, options, runs),
    trainStepMs: await timeTrainStep(head, options, runs),
  };
}
