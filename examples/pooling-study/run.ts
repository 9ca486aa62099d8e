import * as tf from '@tensorflow/tfjs';
import { type Features, fitHead } from 'resnet-heads';
import { calibrate } from '../../src/classifier/calibrate.js';
import { calibrationOf } from '../../src/explain/calibration.js';
import { imageProbabilities, scoreKindOf } from '../../src/model/scores.js';
import { splitByClass } from '../../src/pictures/split.js';
import { drawCell } from './draws.js';
import { select, type TaskFeatures } from './features.js';
import { type StudyHead, studyHeads } from './heads.js';
import type { Cell } from './protocol.js';
import type { Run } from './results.js';
import type { Task } from './tasks/task.js';

/** The share of each class that training holds out, as `trainClassifier` does. */
const VALIDATION = 0.2;
const BATCH_SIZE = 64;
/** A probability of 0, which a softmax may round to, would cost infinitely much: Keras's epsilon. */
const LEAST_PROBABILITY = 1e-7;
const MS_PER_SECOND = 1000;

/** How a head does on some pictures. */
interface Scores {
  readonly accuracy: number;
  /** Mean negative log-likelihood. */
  readonly loss: number;
  /** Expected calibration error, 0 to 1. */
  readonly calibration: number;
  readonly right: readonly boolean[];
}

/** Scores a head on features, which are disposed; a map's probabilities are averaged over its positions first. */
async function scored(head: tf.LayersModel, { values, labels }: Features): Promise<Scores> {
  const probabilities = tf.tidy(() =>
    imageProbabilities(
      head.predict(values, { batchSize: BATCH_SIZE }) as tf.Tensor,
      scoreKindOf('head', head),
    ),
  );
  values.dispose();
  const rows = await probabilities.array();
  probabilities.dispose();
  const confidences = rows.map((row) => Math.max(...row));
  const right = rows.map((row, i) => row.indexOf(confidences[i] ?? NaN) === labels[i]);
  const losses = rows.map((row, i) =>
    Math.log(Math.max(LEAST_PROBABILITY, row[labels[i] ?? -1] ?? 0)),
  );
  return {
    accuracy: right.filter(Boolean).length / right.length,
    loss: -losses.reduce((sum, each) => sum + each, 0) / losses.length,
    calibration: calibrationOf(right, confidences).error,
    right,
  };
}

/** Divides the training pictures of a cell into those that are trained on and those that are validated on. */
function divided({ train, trainLabels }: ReturnType<typeof drawCell>, seed: number) {
  const labelled = Array.from(train, (picture, i) => ({ picture, label: trainLabels[i] ?? 0 }));
  const split = splitByClass(labelled, { validation: VALIDATION, seed });
  return [split.train, split.validation].map((some) => ({
    pictures: Int32Array.from(some, ({ picture }) => picture),
    labels: Int32Array.from(some, ({ label }) => label),
  }));
}

/** Trains a head on a cell's pictures as `trainClassifier` does, and tests it. */
export async function runCell(
  task: Task,
  features: TaskFeatures,
  head: StudyHead,
  cell: Cell,
  hiddenUnits: number,
): Promise<Run> {
  const draw = drawCell(task, cell);
  const { seed } = cell;
  const [training, validation] = divided(draw, seed).map(({ pictures, labels }) =>
    select(features, 'plain', pictures, labels),
  );
  if (!training || !validation) throw new Error('expected two parts');
  const truth = draw.test.map((picture) => task.labels[picture] ?? 0);
  const test = (variant: string) => select(features, variant, draw.test, truth);
  const begin = performance.now();
  const recipe = studyHeads(task.classes.length, hiddenUnits)[head];
  const fitted = await fitHead(recipe, training, { validation, seed });
  const seconds = (performance.now() - begin) / MS_PER_SECOND;
  const { head: model } = fitted;
  const before = await scored(model, test('plain'));
  const { temperature } = await calibrate(fitted, training, validation);
  const after = await scored(model, test('plain'));
  const trained = await scored(model, training);
  validation.values.dispose();
  const changed: Record<string, number> = {};
  const rights: Record<string, readonly boolean[]> = {};
  for (const variant of features.values.keys()) {
    if (variant === 'plain') continue;
    const { accuracy, right } = await scored(model, test(variant));
    changed[variant] = accuracy;
    rights[variant] = right;
  }
  model.dispose();
  return {
    ...{ task: task.name, head, ...cell },
    trainAccuracy: trained.accuracy,
    ...{ accuracy: after.accuracy, loss: after.loss, changed },
    calibrationBefore: before.calibration,
    ...{ calibration: after.calibration, temperature },
    epochs: fitted.solver === 'adam' ? fitted.history.length : 0,
    seconds,
    right: after.right,
    rightShifted: furthestOf(rights),
  };
}

/** Whether each picture is right at the largest shifts: to the left, then to the right. */
function furthestOf(rights: Readonly<Record<string, readonly boolean[]>>): readonly boolean[][] {
  const shifts = Object.keys(rights).filter((name) => /^(left|right) /.test(name));
  const share = (name: string) => 1 / Number(name.split('/')[1]);
  const most = Math.max(...shifts.map(share));
  return shifts.filter((name) => share(name) === most).map((name) => [...(rights[name] ?? [])]);
}
