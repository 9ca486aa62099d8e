import * as tf from '@tensorflow/tfjs';
import { type Features, fitHead, type Head } from 'resnet-heads';
import { mean, median } from 'simple-statistics';
import { seedAt, shuffled } from '../../src/random.js';
import { HEADS, studyHeads } from './heads.js';
import { countByClass } from './protocols.js';
import type { Protocol, Run, Trial, Tuning } from './results.js';
import { scoreHead, type Scores } from './scores.js';
import type { Task } from './task.js';

/** Of no run in the results. Three: of five pictures a class, one draw may well favour a rate that fails on others. */
const TUNING_SEEDS = [1_000, 1_001, 1_002];
/** Of a class's pictures, the most that tuning trains on; on the others it validates. */
const MOST_TO_TUNE_ON = 3 / 4;
/** Of a class's other pictures, so many at most validate: each epoch looks at them. */
const MOST_TO_VALIDATE_ON = 40;

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

/**
 * That of the least loss. Not of the best accuracy: a flattened head that came well through three draws at 2e-4
 * stayed at chance on others, and its loss, not its accuracy, had said so.
 */
const chooseTrial = (trials: readonly Trial[]): Trial =>
  trials.reduce((best, each) => (each.loss < best.loss ? each : best));

type Attempt = Omit<Trial, 'learningRate'>;

/** Of a rate at which the loss stops being finite: worse than any other, and a number in JSON. */
const FAILED: Attempt = { epochs: 1, accuracy: 0, loss: Number.MAX_SAFE_INTEGER };

/** Trains a head until its loss in validation falls no further. */
async function attempt(
  recipe: Head,
  train: Features,
  validation: Features,
  { epochs, patience, batchSize }: Protocol,
  learningRate: number,
  seed: number,
): Promise<Attempt> {
  try {
    const { head, history, bestEpoch } = await fitHead(recipe, train, {
      ...{ validation, epochs, patience, batchSize, learningRate, seed },
      solver: 'adam',
    });
    head.dispose();
    const { validationAccuracy = NaN, validationLoss = NaN } = history[bestEpoch] ?? {};
    return { epochs: bestEpoch + 1, accuracy: validationAccuracy, loss: validationLoss };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('learningRate:')) return FAILED;
    throw error;
  }
}

/**
 * Tries each learning rate, and as many epochs as it wants, on pictures of the pool; the test pictures have no part
 * in it.
 */
async function tune(
  head: Tuning['head'],
  size: number,
  recipe: Head,
  pool: Features,
  protocol: Protocol,
): Promise<Tuning> {
  const { learningRates } = protocol;
  const perClass = Math.min(...countByClass(pool.labels));
  const count = Math.min(size, Math.floor(MOST_TO_TUNE_ON * perClass));
  const found = learningRates.map((): Attempt[] => []);
  for (const seed of TUNING_SEEDS) {
    const { drawn, others } = draw(pool.labels, count, seed);
    const held = draw(
      others.map((i) => pool.labels[i] ?? 0),
      MOST_TO_VALIDATE_ON,
      seed,
    ).drawn.map((i) => others[i] ?? 0);
    const [train, validation] = [pick(pool, drawn), pick(pool, held)];
    for (const [i, rate] of learningRates.entries()) {
      found[i]?.push(await attempt(recipe, train, validation, protocol, rate, seed));
    }
    tf.dispose([train.values, validation.values]);
  }
  const trials = found.map((attempts, i) => ({
    learningRate: learningRates[i] ?? NaN,
    epochs: median(attempts.map(({ epochs }) => epochs)),
    accuracy: mean(attempts.map(({ accuracy }) => accuracy)),
    loss: mean(attempts.map(({ loss }) => loss)),
  }));
  return { head, size, trials, chosen: chooseTrial(trials) };
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

/** Trains a head once a seed, and tests it. All heads get the same pictures from a seed. */
async function runHead(
  { classes, pool, test }: Task,
  protocol: Protocol,
  head: Run['head'],
  size: number,
  { learningRate, epochs }: Trial,
): Promise<Run[]> {
  const { batchSize } = protocol;
  const recipe = studyHeads(classes.length, protocol.hiddenUnits)[head];
  const runs: Run[] = [];
  for (const seed of protocol.seeds) {
    const train = pick(pool, draw(pool.labels, size, seed).drawn);
    const fitted = await fitHead(recipe, train, { epochs, batchSize, learningRate, seed });
    const measured = measure(fitted.head, train, test);
    fitted.head.dispose();
    train.values.dispose();
    runs.push({ head, size, seed, learningRate, epochs, ...measured });
  }
  return runs;
}

/**
 * Tunes each head at each number of pictures, and trains it once a seed.
 *
 * @param onDone told what was done
 */
export async function experiment(
  task: Task,
  protocol: Protocol,
  onDone: (line: string) => void,
): Promise<{ readonly tuning: readonly Tuning[]; readonly runs: readonly Run[] }> {
  const recipes = studyHeads(task.classes.length, protocol.hiddenUnits);
  const [tuning, runs]: [Tuning[], Run[]] = [[], []];
  for (const size of protocol.sizes) {
    for (const head of HEADS) {
      const tuned = await tune(head, size, recipes[head], task.pool, protocol);
      const made = await runHead(task, protocol, head, size, tuned.chosen);
      tuning.push(tuned);
      runs.push(...made);
      const each = made.map(({ testAccuracy }) => (100 * testAccuracy).toFixed(1)).join(' ');
      const { learningRate, epochs } = tuned.chosen;
      onDone(
        `${size} a class, ${head}, ${epochs} epochs at ${learningRate}: ${each} % on the test pictures`,
      );
    }
  }
  return { tuning, runs };
}
