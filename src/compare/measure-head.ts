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
}

/** A head and what it costs. What the backend has no memory for isn't measured. */
export interface CountedHead {
  readonly head: Head;
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

/** Runs that are not measured: the first ones ever compile kernels, and each new model's first one allocates memory and packs weights. */
const WARM_UPS = { first: 3, later: 1 };

/** Something to be timed, with what it has allocated. */
interface Work {
  readonly run: () => Promise<void>;
  readonly dispose: () => void;
}

async function timed({ run, dispose }: Work, warmUps: number): Promise<number> {
  try {
    for (let i = 0; i < warmUps; i++) await run();
    const begin = performance.now();
    await run();
    return performance.now() - begin;
  } finally {
    dispose();
  }
}

/**
 * Times heads in turns, forwards and backwards, so that a machine that becomes slower doesn't become so for one of them. One head at a
 * time is in memory.
 *
 * @returns null for a head that isn't to be measured
 */
async function inTurns(
  heads: readonly { readonly head: Head; readonly isMeasured: boolean }[],
  runs: number,
  start: (head: Head) => Work,
): Promise<(Spread | null)[]> {
  const took = heads.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    const order = [...heads.entries()];
    if (run % 2 === 1) order.reverse();
    for (const [i, { head, isMeasured }] of order) {
      if (!isMeasured) continue;
      took[i]?.push(await timed(start(head), run === 0 ? WARM_UPS.first : WARM_UPS.later));
    }
  }
  return took.map((each) => (each.length === 0 ? null : spread(each)));
}

/** What a classifier does: the base on an engine, then the head. */
function prediction(
  engine: Engine,
  head: Head,
  { inputShape, featureShape, batchSize = 1 }: MeasureOptions,
): Work {
  const model = buildHead(head, featureShape, { seed: 1 });
  const images: tf.Tensor = tf.randomUniform([batchSize, ...inputShape]);
  return {
    async run() {
      const features = await engine.run(images as tf.Tensor4D);
      const output = model.predictOnBatch(features) as tf.Tensor;
      // A GPU has only finished once the result is read.
      await output.data();
      tf.dispose([features, output]);
    },
    dispose() {
      model.dispose();
      images.dispose();
    },
  };
}

function trainStep(
  head: Head,
  { featureShape, batchSize = 1, optimizer: name = 'adam' }: MeasureOptions,
): Work {
  const model = buildHead(head, featureShape, { seed: 1 });
  const optimizer = makeOptimizer(name);
  const features = tf.randomUniform([batchSize, ...featureShape]);
  const labels = tf.zeros([batchSize, ...(model.outputs[0]?.shape.slice(1) as number[])]);
  const work: Work = {
    async run() {
      await model.trainOnBatch(features, labels);
    },
    dispose() {
      model.dispose();
      optimizer.dispose();
      // TensorFlow.js 4.22's momentum optimizer does not dispose its learning rate.
      (optimizer as tf.Optimizer & { readonly c?: tf.Tensor }).c?.dispose();
      tf.dispose([features, labels]);
    },
  };
  try {
    // The loss takes little of the time; this one accepts labels of any shape.
    model.compile({ optimizer, loss: 'meanSquaredError' });
  } catch (error) {
    work.dispose();
    throw error;
  }
  return work;
}

/** Times heads on one base: predictions with it, and training steps of the heads alone. Dispose it after use. */
export interface Stopwatch {
  readonly time: (heads: readonly CountedHead[], options: MeasureOptions) => Promise<HeadTimes[]>;
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
    async time(heads, options) {
      const { runs = DEFAULT_RUNS, batchSize = 1 } = options;
      requirePositiveInteger('runs', runs);
      requirePositiveInteger('batchSize', batchSize);
      const backend = tf.getBackend();
      const those = (what: 'predict' | 'trainStep') =>
        heads.map(({ head, costs }) => ({ head, isMeasured: fitting(costs, backend)[what] }));
      const predictMs = await inTurns(those('predict'), runs, (head) =>
        prediction(engine, head, options),
      );
      // As in fitHead.
      await supplyKernels();
      const trainStepMs = await inTurns(those('trainStep'), runs, (head) =>
        trainStep(head, options),
      );
      return heads.map((_, i) => ({
        ...{ backend, engine: engine.name, runs },
        ...{ predictMs: predictMs[i] ?? null, trainStepMs: trainStepMs[i] ?? null },
      }));
    },
    dispose: engine.dispose,
  };
}
