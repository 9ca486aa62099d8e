import * as tf from '@tensorflow/tfjs';
import { analyze, attachHead, buildHead, estimateMemory, fitHead } from 'resnet-heads';
import { medianTimes } from '../../bench/measure.js';
import { median } from 'simple-statistics';
import { draw, pick } from './experiment.js';
import { HEADS, studyHeads } from './heads.js';
import type { HeadCost, HeadTime, Protocol } from './results.js';
import type { Task } from './task.js';

/** What each head costs on the base's map, counted; memory is that of a step on cached features. */
export function countHeads(task: Task, { batchSize, hiddenUnits }: Protocol): HeadCost[] {
  const recipes = studyHeads(task.classes.length, hiddenUnits);
  return HEADS.map((head) => {
    // Nothing is computed with it, so that no weights need to be drawn.
    const model = buildHead(recipes[head], task.pool.featureShape, { weights: 'pending' });
    const stats = analyze(model);
    model.dispose();
    return {
      head,
      parameters: stats.totals.params,
      macs: stats.totals.macs,
      trainingBytes: estimateMemory(stats, { batchSize }).training.minimum,
    };
  });
}

/** Epochs of one turn; the first, in which memory is had, isn't counted. */
const EPOCHS = 3;
/** Pictures that a model with its base classifies at once. */
const PICTURES = 8;
const LEARNING_RATE = 1e-4;

/** An epoch of each head's training at the largest size, and a prediction with the base: medians of turns. */
export async function timeHeads(
  { backbone, classes, pool }: Task,
  { sizes, batchSize, hiddenUnits }: Protocol,
  rounds: number,
): Promise<HeadTime[]> {
  const recipes = studyHeads(classes.length, hiddenUnits);
  const train = pick(pool, draw(pool.labels, Math.max(...sizes), 1).drawn);
  const epochs = HEADS.map((head) => async () => {
    const taken: number[] = [];
    let begin = 0;
    const { head: trained } = await fitHead(recipes[head], train, {
      ...{ epochs: EPOCHS, batchSize, learningRate: LEARNING_RATE },
      callbacks: {
        onEpochBegin: () => {
          begin = performance.now();
        },
        onEpochEnd: () => {
          taken.push(performance.now() - begin);
        },
      },
    });
    trained.dispose();
    return [median(taken.slice(1))];
  });
  const epochMs = await medianTimes(epochs, rounds);
  train.values.dispose();

  const images = tf.randomUniform([PICTURES, ...backbone.inputSize, 3], -1, 1, 'float32', 1);
  const models = HEADS.map((head) => attachHead(backbone, recipes[head], { seed: 1 }));
  const predictions = models.map((model) => async () => {
    const begin = performance.now();
    const output = model.predictOnBatch(images) as tf.Tensor;
    // The answer is only there when it has been read.
    await output.data();
    output.dispose();
    return [performance.now() - begin];
  });
  const predictMs = await medianTimes(predictions, rounds);
  images.dispose();
  return HEADS.map((head, i) => ({
    head,
    epochMs: epochMs[i] ?? NaN,
    predictMs: (predictMs[i] ?? NaN) / PICTURES,
  }));
}
