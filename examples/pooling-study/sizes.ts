import * as tf from '@tensorflow/tfjs';
import { buildHead, fitHead } from 'resnet-heads';
import { drawCell } from './draws.js';
import { featuresOf, select, type TaskFeatures, trainingFeatures } from './features.js';
import { type StudyHead, studyHeads } from './heads.js';
import { NOISE_SIZE, type Plan } from './protocol.js';
import type { Records } from './records.js';
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

export const sizeName = ({ task, head, seed }: Pick<SizeRun, 'task' | 'head' | 'seed'>): string =>
  [task, head, seed].join('/');

/** The same pictures at all {@link SIDES}. */
async function featuresBySide(
  load: (side: number) => Promise<Task>,
  say: (line: string) => void,
): Promise<{ readonly task: Task; readonly features: ReadonlyMap<number, TaskFeatures> }> {
  const features = new Map<number, TaskFeatures>();
  let task: Task | undefined;
  for (const side of SIDES) {
    const own = await load(side);
    features.set(side, await featuresOf(own, ['plain'], () => undefined));
    own.backbone.dispose();
    if (side === TRAINED_AT) task = own;
    say(`${own.title}: features at ${side} pixels`);
  }
  if (task === undefined) throw new Error('expected a size to train at');
  return { task, features };
}

/**
 * Trains heads at {@link TRAINED_AT} and tests them at all {@link SIDES}; what is recorded already is left out.
 *
 * @param load the same pictures for another input size
 */
export async function runSizes(
  load: (side: number) => Promise<Task>,
  name: string,
  { seeds, hiddenUnits, heads }: Plan,
  records: Records<SizeRun>,
  say: (line: string) => void,
): Promise<void> {
  const wanted = seeds.flatMap((seed) =>
    ANY_SIZE.filter((head) => heads.includes(head)).map((head) => ({ task: name, head, seed })),
  );
  const left = wanted.filter((each) => !records.has(sizeName(each)));
  say(`${name}, sizes: runs left: ${left.length}, done: ${wanted.length - left.length}`);
  if (left.length === 0) return;
  const { task, features } = await featuresBySide(load, say);
  const trainedAt = features.get(TRAINED_AT);
  if (trainedAt === undefined) throw new Error('expected features');
  for (const { head, seed } of left) {
    const draw = drawCell(task, { condition: 'plain', size: NOISE_SIZE, seed });
    const [training, validation] = trainingFeatures(trainedAt, draw, seed);
    const truth = draw.test.map((picture) => task.labels[picture] ?? 0);
    const recipe = studyHeads(task.classes.length, hiddenUnits)[head];
    const { head: fitted } = await fitHead(recipe, training, { validation, seed });
    tf.dispose([training.values, validation.values]);
    const accuracy: Record<string, number> = {};
    for (const [side, own] of features) {
      const model = buildHead(recipe, own.featureShape);
      model.setWeights(fitted.getWeights());
      accuracy[side] = await accuracyOf(model, select(own, 'plain', draw.test, truth));
      model.dispose();
    }
    fitted.dispose();
    await records.add({ task: name, head, seed, accuracy });
    say(`${name}, sizes: ${head}, seed ${seed}: ${JSON.stringify(accuracy)}`);
  }
}
