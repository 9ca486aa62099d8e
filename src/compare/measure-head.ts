import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../engine/engine.js';
import type { EngineName } from '../engine/names.js';
import { startEngine } from '../engine/start.js';
import { requirePositiveInteger } from '../errors.js';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { supplyKernels } from '../train/kernels.js';
import type { ComparedHead, HeadTimes } from './comparison.js';
import { fitting } from './capacity.js';
import { type Spread, spread } from './spread.js';
import type { OptimizerName } from '../analyze/memory.js';

export interface MeasureOptions {
  readonly inputShape: Shape;
  readonly featureShape: Shape;
  readonly batchSize?: number;
  readonly optimizer?: OptimizerName;
  readonly runs?: number;
  /** What the head costs. What the backend has no memory for isn't measured. */
  readonly costs: Pick<ComparedHead, 'memory' | 'cached'>;
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

/** Times what a classifier does: the base on an engine, then the head. */
async function timePredict(
  engine: Engine,
  head: Head,
  { inputShape, featureShape, batchSize = 1 }: MeasureOptions,
  runs: number,
): Promise<Spread> {
  const model = buildHead(head, featureShape, { seed: 1 });
  const images: tf.Tensor = tf.randomUniform([batchSize, ...inputShape]);
  try {
    return await time(runs, async () => {
      const features = await engine.run(images as tf.Tensor4D);
      const output = model.predictOnBatch(features) as tf.Tensor;
      // A GPU has only finished once the result is read.
      await output.data();
      tf.dispose([features, output]);
    });
  } finally {
    model.dispose();
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

/** Times heads on one base: predictions with it, and training steps of the heads alone. Dispose it after use. */
export interface Stopwatch {
  readonly time: (head: Head, options: MeasureOptions) => Promise<HeadTimes>;
  readonly dispose: () => Promise<void>;
}

/**
 * Starts the engine that runs the base.
 *
 * @throws ArgumentError if the base isn't a `tf.LayersModel` with one feature map as output; and as `startEngine`
 */
export async function startStopwatch(base: unknown, name?: EngineName): Promise<Stopwatch> {
  requireLayersModel('base', base);
  requireFeatureMap('base', base);
  const engine = await startEngine({ model: base }, name);
  return {
    async time(head, options) {
      const { runs = DEFAULT_RUNS, batchSize = 1, costs } = options;
      requirePositiveInteger('runs', runs);
      requirePositiveInteger('batchSize', batchSize);
      const backend = tf.getBackend();
      const fits = fitting(costs, backend);
      return {
        backend,
        engine: engine.name,
        runs,
        predictMs: fits.predict ? await timePredict(engine, head, options, runs) : null,
        trainStepMs: fits.trainStep ? await timeTrainStep(head, options, runs) : null,
      };
    },
    dispose: engine.dispose,
  };
}
