import type * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { ScoreKind } from '../model/scores.js';
import { seedAt, shuffled } from '../random.js';
import type { Prepared } from './adamw/prepare.js';
import type { AdamOutcome, Batch } from './course.js';
import type { Examples } from './examples.js';
import type { resolveFitOptions } from './fit-options.js';
import { plainRows } from './labels.js';
import { DRAWS, TrainingLoop } from './training-loop.js';

/** Yields batches of examples in an order. */
async function* batchesOf(
  examples: Examples,
  order: Int32Array,
  batchSize: number,
): AsyncGenerator<Batch> {
  const { labels, labelSets } = examples;
  for (let from = 0; from < order.length; from += batchSize) {
    const index = order.subarray(from, from + batchSize);
    const inputs = await examples.take(index);
    try {
      const own = Int32Array.from(index, (i) => present(labels[i], 'label'));
      yield { inputs, labels: own, labelSets };
    } finally {
      inputs.dispose();
    }
  }
}

/** A random order of the pictures. Each takes part as itself or as one of its views, as another one in the next epoch. */
function orderOf(examples: Examples, seed: number, epoch: number): Int32Array {
  const { views = 1 } = examples;
  const order = shuffled(plainRows(examples).length, seedAt(seed, DRAWS.order, epoch));
  return order.map((picture) => picture * views + ((picture + epoch) % views));
}

/** A head's trainable part with what it is trained on. */
export interface Task {
  readonly model: tf.LayersModel;
  readonly logits: ((inputs: tf.Tensor) => tf.Tensor) | undefined;
  readonly kind: ScoreKind;
  readonly training: Examples;
  readonly validation: Examples | undefined;
  readonly classWeights: Float32Array | undefined;
}

/** Values in a batch that is only measured: 16 MB. Larger ones take less time, and give the same to rounding. */
const MEASURED = 2 ** 22;

/** Trains with Adam; without a given rate, on standardised features. Restores the model if that fails and `restores` is set. */
export async function trainByAdam(
  { training, validation, ...task }: Task,
  settings: ReturnType<typeof resolveFitOptions>,
  restores: boolean,
): Promise<AdamOutcome> {
  const { batchSize, seed, epochs, learningRate } = settings;
  const samples = plainRows(training).length;
  const { requireFiniteFeatures } = await import('./finite.js');
  if (validation) await requireFiniteFeatures('validation', validation);
  let prepared: Prepared | undefined;
  if (learningRate === undefined) {
    const { prepareAdamW } = await import('./adamw/prepare.js');
    const steps = epochs * Math.ceil(samples / batchSize);
    const { model } = task;
    prepared = await prepareAdamW({ model, isNew: !restores, examples: training, steps });
  }
  // AdamW has checked them.
  if (prepared === undefined) await requireFiniteFeatures('features', training);
  const inputs = prepared?.inputs;
  const height = Math.max(batchSize, Math.floor(MEASURED / volume(training.shape)));
  const own = inputs?.standardise(training) ?? training;
  const inOrder = (examples: Examples) => () => batchesOf(examples, plainRows(examples), height);
  const course = {
    ...{ ...task, ...prepared, samples, restores },
    training: (epoch: number) => batchesOf(own, orderOf(training, seed, epoch), batchSize),
    seen: inOrder(own),
    validation: validation && inOrder(inputs?.standardise(validation) ?? validation),
    isStored: [training, validation].some((each) => each !== undefined && !each.values),
  };
  try {
    return await new TrainingLoop(course, settings).run();
  } finally {
    inputs?.dispose();
  }
}
