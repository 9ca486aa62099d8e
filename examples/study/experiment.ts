import * as tf from '@tensorflow/tfjs';
import { type Features, fitHead, type Head } from 'resnet-heads';
import { seedAt, shuffled } from '../../src/random.js';
import { HEADS, studyHeads } from './heads.js';
import type { Protocol, Run, Trial, Tuning } from './results.js';
import { scoreHead, type Scores } from './scores.js';
import type { Task } from './task.js';

/** Of no run in the results. */
const TUNING_SEED = 1_000;
/** Of a class's pictures, the most that tuning trains on; on the others it validates. */
const MOST_TO_TUNE_ON = 3 / 4;

/** Draws so many pictures of each class. */
export function draw(
  labels: ArrayLike<number>,
  count: number,
  seed: number,
): { readonly drawn: number[]; readonly others: number[] } {
  const all = Array.from(labels);
  const [drawn, others]: [number[], number[]] = [[], []];
  for (const label of [...new Set(all)].sort((a, b) => a - b)) {
    const own = [...all.keys()].filter((i) => all[i] === label);
    const order = [...shuffled(own.length, seedAt(seed, label, 0))].map((i) => own[i] ?? 0);
    drawn.push(...order.slice(0, count));
    others.push(...order.slice(count));
  }
  return { drawn, others };
}

/** Some of the pictures of features; its tensor is yours to dispose. */
export const pick = ({ values, labels, featureShape }: Features, indices: number[]): Features => ({
  values: tf.tidy(() => tf.gather(values, tf.tensor1d(indices, 'int32'))),
  labels: Int32Array.from(indices, (i) => labels[i] ?? 0),
  featureShape,
});

/** Trains a head, asks it, and lets go of it. */
async function withTrained<T>(
  recipe: Head,
  features: Features,
  { epochs, batchSize }: Protocol,
  learningRate: number,
  seed: number,
  ask: (head: tf.LayersModel) => T,
): Promise<T> {
  const { head } = await fitHead(recipe, features, { epochs, batchSize, learningRate, seed });
  try {
    return ask(head);
  } finally {
    head.dispose();
  }
}

/** By loss, which tells more than how many of a few pictures are right: one lucky draw of 10 to train on isn't enough. */
const better = (a: Trial, b: Trial): Trial => (b.loss < a.loss ? b : a);

/** Of a rate at which the loss stops being finite: worse than any other, and a number in JSON. */
const FAILED = { accuracy: 0, loss: Number.MAX_SAFE_INTEGER };

/** Tries each learning rate on pictures of the pool; the test pictures have no part in it. */
async function tune(
  head: Tuning['head'],
  size: number,
  recipe: Head,
  pool: Features,
  protocol: Protocol,
): Promise<Tuning> {
  const perClass = Math.min(...countByClass(pool.labels));
  const count = Math.min(size, Math.floor(MOST_TO_TUNE_ON * perClass));
  const { drawn, others } = draw(pool.labels, count, TUNING_SEED);
  const [train, validation] = [pick(pool, drawn), pick(pool, others)];
  const trials: Trial[] = [];
  for (const learningRate of protocol.learningRates) {
    const { accuracy, loss } = await withTrained(
      ...([recipe, train, protocol, learningRate, TUNING_SEED] as const),
      (model) => scoreHead(model, validation),
    ).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('learningRate:')) return FAILED;
      throw error;
    });
    trials.push({ learningRate, accuracy, loss });
  }
  tf.dispose([train.values, validation.values]);
  return { head, size, trials, chosen: trials.reduce(better).learningRate };
}

function countByClass(labels: ArrayLike<number>): number[] {
  const counts: number[] = [];
  for (const label of Array.from(labels)) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

const bits = (right: readonly boolean[]): string =>
  right.map((each) => (each ? '1' : '0')).join('');

function measure(head: tf.LayersModel, train: Features, test: Task['test']) {
  const shifted = [...test].map(([shift, features]): [number, Scores] => [
    shift,
    scoreHead(head, features),
  ]);
  const unshifted = shifted.find(([shift]) => shift === 0)?.[1];
  if (unshifted === undefined) throw new Error('test: expected unshifted pictures too, got none');
  return {
    trainAccuracy: scoreHead(head, train).accuracy,
    testAccuracy: unshifted.accuracy,
    testLoss: unshifted.loss,
    calibration: unshifted.calibration,
    shifts: shifted.map(([shift, { accuracy, right }]) => ({
      ...{ shift, accuracy },
      right: bits(right),
    })),
  };
}

/**
 * Tunes each head at each number of pictures, and trains it once a seed. All heads get the same pictures from a seed.
 *
 * @param onDone called with each head's last test accuracy
 */
export async function experiment(
  { classes, pool, test }: Task,
  protocol: Protocol,
  onDone: (line: string) => void,
): Promise<{ readonly tuning: readonly Tuning[]; readonly runs: readonly Run[] }> {
  const recipes = studyHeads(classes.length, protocol.hiddenUnits);
  const [tuning, runs]: [Tuning[], Run[]] = [[], []];
  for (const size of protocol.sizes) {
    for (const head of HEADS) {
      const tuned = await tune(head, size, recipes[head], pool, protocol);
      tuning.push(tuned);
      const learningRate = tuned.chosen;
      const accuracies: number[] = [];
      for (const seed of protocol.seeds) {
        const train = pick(pool, draw(pool.labels, size, seed).drawn);
        const measured = await withTrained(
          ...([recipes[head], train, protocol, learningRate, seed] as const),
          (model) => measure(model, train, test),
        );
        train.values.dispose();
        runs.push({ head, size, seed, learningRate, ...measured });
        accuracies.push(measured.testAccuracy);
      }
      const each = accuracies.map((accuracy) => (100 * accuracy).toFixed(1)).join(' ');
      onDone(`${size} a class, ${head}, rate ${learningRate}: ${each} % on the test pictures`);
    }
  }
  return { tuning, runs };
}
