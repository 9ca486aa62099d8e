import * as tf from '@tensorflow/tfjs';
import { buildHead, fitHead } from 'resnet-heads';
import { drawCell } from './draws.js';
import { featuresOf, select, type TaskFeatures, trainingFeatures } from './features.js';
import { type StudyHead, studyHeads } from './heads.js';
import { NOISE_SIZE, type Plan } from './protocol.js';
import { accuracyOf } from './scores.js';
import type { Task } from './tasks/task.js';

/** Pixels a side that heads are trained at, and all that they are tested at. */
export const TRAINED_AT = 224;
export const SIDES = [160, TRAINED_AT, 288] as const;

/** Heads that take maps of any size. */
export const ANY_SIZE: readonly StudyHead[] = [
  'pooled',
  'max',
  'avgmax',
  'catavgmax',
  'pooled MLP',
];

/** A head that was trained at one size of the pictures and tested at several. */
export interface SizeRun {
  readonly task: string;
  readonly head: StudyHead;
  readonly seed: number;
  /** Accuracy by pixels a side. */
  readonly accuracy: Readonly<Record<string, number>>;
}

/**
 * Trains heads at {@link TRAINED_AT} and tests them at all {@link SIDES}.
 *
 * @param load the same pictures for another input size
 */
export async function runSizes(
  load: (side: number) => Promise<Task>,
  { seeds, hiddenUnits }: Plan,
  say: (line: string) => void,
): Promise<SizeRun[]> {
  const features = new Map<number, TaskFeatures>();
  let task: Task | undefined;
  for (const side of SIDES) {
    const own = await load(side);
    features.set(side, await featuresOf(own, ['plain'], () => undefined));
    own.backbone.dispose();
    if (side === TRAINED_AT) task = own;
    say(`${own.title}: features at ${side} pixels`);
  }
  const trainedAt = features.get(TRAINED_AT);
  if (task === undefined || trainedAt === undefined) throw new Error('expected features');
  const runs: SizeRun[] = [];
  for (const seed of seeds) {
    const draw = drawCell(task, { condition: 'plain', size: NOISE_SIZE, seed });
    const { test } = draw;
    const [training, validation] = trainingFeatures(trainedAt, draw, seed);
    const { labels, name, classes } = task;
    const truth = test.map((picture) => labels[picture] ?? 0);
    for (const head of ANY_SIZE) {
      const recipe = studyHeads(classes.length, hiddenUnits)[head];
      const { head: fitted } = await fitHead(recipe, training, { validation, seed });
      const accuracy: Record<string, number> = {};
      for (const [side, own] of features) {
        const model = buildHead(recipe, own.featureShape);
        model.setWeights(fitted.getWeights());
        accuracy[side] = await accuracyOf(model, select(own, 'plain', test, truth));
        model.dispose();
      }
      fitted.dispose();
      runs.push({ task: name, head, seed, accuracy });
      say(`${name}: ${head}, seed ${seed}: ${JSON.stringify(accuracy)}`);
    }
    tf.dispose([training.values, validation.values]);
  }
  return runs;
}
