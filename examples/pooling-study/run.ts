import { fitHead } from 'resnet-heads';
import { calibrate } from '../../src/classifier/calibrate.js';
import { drawCell } from './draws.js';
import { select, type TaskFeatures, trainingFeatures } from './features.js';
import { type StudyHead, studyHeads } from './heads.js';
import type { Cell } from './protocol.js';
import type { Run } from './results.js';
import { scored } from './scores.js';
import type { Task } from './tasks/task.js';
import { largestShifts } from './variants.js';

const MS_PER_SECOND = 1000;

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
  const [training, validation] = trainingFeatures(features, draw, seed);
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
    rightShifted: largestShifts(Object.keys(rights)).map((name) => rights[name] ?? []),
  };
}
