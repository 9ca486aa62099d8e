import * as tf from '@tensorflow/tfjs';
import {
  buildHead,
  denseHead,
  flattenedHead,
  type Head,
  type HeadName,
  pooledHead,
} from 'resnet-heads';
import type { Features } from './features.js';
import type { Picture, PictureSet } from './pictures.js';
import { progressBar } from './progress.js';
import { accuracy, predict, trainHead } from './train.js';

/** Rows of the last table: enough to see, few enough to read. */
const SHOWN = 10;

const integer = new Intl.NumberFormat('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const seconds = (since: number): string =>
  `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Heads that give logits, to train on; a softmax is put on when they predict. */
function recipes(numClasses: number): Record<HeadName, Head> {
  const options = { numClasses, activation: 'linear' } as const;
  return {
    pooled: pooledHead(options),
    flattened: flattenedHead(options),
    dense: denseHead(options),
  };
}

export interface Trained {
  readonly name: HeadName;
  readonly row: readonly string[];
  readonly guesses: readonly string[];
}

/** Builds, trains, measures and frees one head. */
export async function tryHead(
  name: HeadName,
  { classes }: PictureSet,
  { train, unseen }: { readonly train: Features; readonly unseen: Features },
  shown: readonly number[],
  epochs: number,
): Promise<Trained> {
  const [, ...featureShape] = train.values.shape;
  const head = buildHead(recipes(classes.length)[name], featureShape, { seed: 1 });
  const bar = progressBar(name.padEnd(9), epochs);
  const start = performance.now();
  await trainHead(head, name, train, epochs, () => {
    bar.advance(1);
  });
  const took = seconds(start);
  bar.stop();

  const row = [
    name,
    integer.format(head.countParams()),
    took,
    percent(accuracy(head, train)),
    percent(accuracy(head, unseen)),
    percent(1 / classes.length),
  ];
  const probabilities = tf.tidy(() =>
    predict(head, tf.gather(unseen.values, [...shown])).arraySync(),
  );
  const guesses = probabilities.map((scores) => {
    const best = scores.indexOf(Math.max(...scores));
    return `${classes[best] ?? ''} (${percent(scores[best] ?? 0)})`;
  });
  head.dispose();
  return { name, row, guesses };
}

/** Some pictures of each class in turn. */
export function pickShown(unseen: readonly Picture[], classes: number): number[] {
  const byClass = Array.from({ length: classes }, (_, label) =>
    [...unseen.keys()].filter((i) => unseen[i]?.label === label),
  );
  const rounds = Math.max(...byClass.map((indices) => indices.length));
  const inTurn = Array.from({ length: rounds }, (_, round) =>
    byClass.flatMap((indices) => indices.slice(round, round + 1)),
  );
  return inTurn.flat().slice(0, SHOWN);
}
