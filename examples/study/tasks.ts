import { basename } from 'node:path';
import { loadBase } from '../demo/base.js';
import { DIGITS, digitPicture } from '../demo/digits.js';
import { pictureFolder } from '../demo/folder.js';
import { DIGIT_SHAPE, smallBase, trainBase } from './small-base.js';
import { type Task, taskFeatures } from './task.js';

/** To [−1, 1], as MobileNet's pictures are; a base of one's own is any other's. */
const SCALING = 'tf';
/** Digits below this one train the base, the others the heads. */
const FIRST_OF_HEADS = 5;

/** Pictures a class, of some 900 to 1,100 in the package. */
export interface DigitCounts {
  readonly base: number;
  readonly baseEpochs: number;
  readonly pool: number;
  readonly test: number;
}

export const FULL_DIGITS: DigitCounts = { base: 600, baseEpochs: 4, pool: 160, test: 100 };
export const QUICK_DIGITS: DigitCounts = { base: 20, baseEpochs: 1, pool: 8, test: 4 };
/** Where test pictures begin: with those between the pool and these the protocol was worked out. */
const FIRST_OF_TEST = 260;

/** `count` pictures a class from `from` on, labelled from 0. */
const take = (digits: readonly (typeof DIGITS)[number][], from: number, count: number) =>
  digits.flatMap((digit, label) =>
    Array.from({ length: count }, (_, i) => ({ ...digitPicture(digit, from + i), label })),
  );

/** Heads for the digits 5 to 9 on a base that was trained on 0 to 4: anybody can make it. */
export async function digitsTask(counts: DigitCounts): Promise<Task> {
  const [old, fresh] = [DIGITS.slice(0, FIRST_OF_HEADS), DIGITS.slice(FIRST_OF_HEADS)];
  const base = smallBase();
  const accuracy = await trainBase(
    base,
    old.length,
    { train: take(old, 0, counts.base), unseen: take(old, counts.base, counts.test) },
    counts.baseEpochs,
    SCALING,
  );
  const features = await taskFeatures(base, {
    inputShape: DIGIT_SHAPE,
    scaling: SCALING,
    pool: take(fresh, 0, counts.pool),
    test: take(fresh, FIRST_OF_TEST, counts.test),
  });
  const percent = (100 * accuracy).toFixed(1);
  return {
    name: 'digits',
    title: 'Digits 5 to 9 on a base trained on 0 to 4',
    classes: fresh.map(String),
    base,
    description: `a residual network of three blocks, trained on the digits 0 to 4 (${percent} % on ${old.length * counts.test} unseen)`,
    inputShape: DIGIT_SHAPE,
    ...features,
  };
}

/** Pictures of one's own, a sub-folder a class, on a TensorFlow.js layers model. */
export async function folderTask(data: string, baseFolder: string): Promise<Task> {
  const set = await pictureFolder(data);
  const base = await loadBase(baseFolder);
  const inputShape = (base.inputs[0]?.shape ?? []).slice(1).map((size) => size ?? 0);
  if (inputShape.includes(0)) {
    throw new Error(
      `--base: expected a model for pictures of one size, got [${inputShape.join(', ')}]`,
    );
  }
  const { train: pool, unseen: test } = set;
  const features = await taskFeatures(base, { inputShape, scaling: SCALING, pool, test });
  return {
    name: basename(data),
    title: `Pictures of ${set.classes.join(' and ')}`,
    classes: set.classes,
    base,
    description: `${base.name} of ${basename(baseFolder)}`,
    inputShape,
    ...features,
  };
}
