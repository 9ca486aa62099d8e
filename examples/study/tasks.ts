import { basename } from 'node:path';
import { loadBackbone } from 'resnet-heads';
import { DIGITS, digits } from '../demo/digits.js';
import { photographs } from './photographs.js';
import { smallBase, trainBase } from './small-base.js';
import { type Task, taskFeatures } from './task.js';

/** To [−1, 1], as MobileNet's pictures are. */
const PREPROCESSING = 'tf';
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

/** Heads for the digits 5 to 9 on a base that was trained on 0 to 4: anybody can make it. */
export async function digitsTask(counts: DigitCounts): Promise<Task> {
  const [old, fresh] = [DIGITS.slice(0, FIRST_OF_HEADS), DIGITS.slice(FIRST_OF_HEADS)];
  const base = smallBase();
  const accuracy = await trainBase(
    base,
    {
      classes: old.map(String),
      train: digits(0, counts.base, old),
      unseen: digits(counts.base, counts.test, old),
    },
    counts.baseEpochs,
    PREPROCESSING,
  );
  const backbone = await loadBackbone(base, { preprocessing: PREPROCESSING });
  const classes = fresh.map(String);
  const features = await taskFeatures(backbone, {
    classes,
    pool: digits(0, counts.pool, fresh),
    test: digits(FIRST_OF_TEST, counts.test, fresh),
  });
  const percent = (100 * accuracy).toFixed(1);
  return {
    name: 'digits',
    title: 'Digits 5 to 9 on a base trained on 0 to 4',
    classes,
    backbone,
    description: `a residual network of three blocks, trained on the digits 0 to 4 (${percent} % on ${old.length * counts.test} unseen)`,
    ...features,
  };
}

/** Pictures of one's own, one subfolder per class, on a TensorFlow.js layers model. */
export async function folderTask(data: string, baseFolder: string): Promise<Task> {
  const backbone = await loadBackbone(baseFolder, { preprocessing: PREPROCESSING });
  const pictures = await photographs(data, backbone.inputSize);
  const { classes } = pictures;
  return {
    name: basename(data),
    title: `Pictures of ${classes.join(' and ')}`,
    classes,
    backbone,
    description: `${backbone.model.name} of ${basename(baseFolder)}`,
    ...(await taskFeatures(backbone, pictures)),
  };
}
