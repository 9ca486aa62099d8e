/**
 * The three heads on one frozen base, on real pictures: what they cost, how fast they learn, and how well
 * they do on pictures that they have not seen.
 *
 *     npm run demo
 *     npm run demo -- --data FOLDER
 *     npm run demo -- --data FOLDER --base FOLDER_WITH_MODEL_JSON
 */
import * as tf from '@tensorflow/tfjs';
import { Command, InvalidArgumentError } from 'commander';
import { markdownTable } from 'markdown-table';
import {
  buildHead,
  denseHead,
  flattenedHead,
  format,
  type Head,
  type HeadName,
  planResnet,
  pooledHead,
} from 'resnet-heads';
import { useWasm } from './backend.js';
import { loadBase, randomBase } from './base.js';
import { digits } from './digits.js';
import { computeFeatures, type Features } from './features.js';
import { pictureFolder } from './folder.js';
import type { Picture, PictureSet } from './pictures.js';
import { progressBar } from './progress.js';
import { accuracy, predict, trainHead } from './train.js';

interface Options {
  readonly data?: string;
  readonly base?: string;
  readonly size: number;
  readonly epochs: number;
}

const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];
/** Rows of the last table: enough to see, few enough to read. */
const SHOWN = 10;

const integer = new Intl.NumberFormat('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const say = (text: string): void => {
  console.log(text);
};
const table = (rows: readonly (readonly string[])[], align: readonly string[]): void => {
  say(`\n${markdownTable(rows, { align })}\n`);
};

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new InvalidArgumentError('Expected a whole number from 1 up.');
  return Number(text);
}

/** Heads that give logits, to train on; a softmax is put on when they predict. */
function recipes(numClasses: number): Record<HeadName, Head> {
  const options = { numClasses, activation: 'linear' } as const;
  return {
    pooled: pooledHead(options),
    flattened: flattenedHead(options),
    dense: denseHead(options),
  };
}

/** Runs `work` with a progress bar over pictures. */
async function overPictures<T>(
  label: string,
  pictures: number,
  work: (progress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const bar = progressBar(label, pictures);
  try {
    return await work(bar.advance);
  } finally {
    bar.stop();
  }
}

async function prepareBase(
  { base: folder, size }: Options,
  set: PictureSet,
): Promise<{ base: tf.LayersModel; inputShape: readonly number[] }> {
  if (folder !== undefined) {
    const base = await loadBase(folder);
    const inputShape = (base.inputs[0]?.shape ?? []).slice(1).map((side) => side ?? size);
    say(`   Base: ${base.name}, loaded from ${folder}; pictures scaled to [−1, 1].`);
    return { base, inputShape };
  }
  const inputShape = [size, size, 3];
  say(
    '   Base: a ResNet-50 with RANDOM weights, for want of pretrained ones. Its BatchNorm statistics are',
  );
  say(
    '   set from one pass over the training pictures. The accuracies below show that the heads learn;',
  );
  say('   they are no measure of a ResNet, and no ground to choose a head on.');
  const base = await overPictures('BatchNorm', set.train.length, (progress) =>
    randomBase(inputShape, set.train, progress),
  );
  return { base, inputShape };
}

interface Trained {
  readonly name: HeadName;
  readonly row: readonly string[];
  readonly guesses: readonly string[];
}

/** Builds, trains, measures and frees one head. */
async function tryHead(
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
function pickShown(unseen: readonly Picture[], classes: number): number[] {
  const byClass = Array.from({ length: classes }, (_, label) =>
    [...unseen.keys()].filter((i) => unseen[i]?.label === label),
  );
  const rounds = Math.max(...byClass.map((indices) => indices.length));
  const inTurn = Array.from({ length: rounds }, (_, round) =>
    byClass.flatMap((indices) => indices.slice(round, round + 1)),
  );
  return inTurn.flat().slice(0, SHOWN);
}

async function demo(options: Options): Promise<void> {
  const begin = performance.now();
  await useWasm();
  const set = options.data === undefined ? digits() : await pictureFolder(options.data);
  const numClasses = set.classes.length;

  if (options.base === undefined) {
    say('1. What each head costs on a ResNet-50, before anything is allocated\n');
    const inputShape = [options.size, options.size, 3];
    say(format(HEADS.map((head) => planResnet({ head, numClasses, inputShape }))));
  } else {
    say(
      '1. What each head costs: see the parameters below, and `resnet-heads compare` for a ResNet',
    );
  }

  say(`\n2. Features of real pictures, computed once (backend: ${tf.getBackend()})\n`);
  say(`   Pictures: ${set.title}; ${numClasses} classes,`);
  say(`   ${set.train.length} to train on, ${set.unseen.length} that training never sees.`);
  const { base, inputShape } = await prepareBase(options, set);
  const features = await overPictures(
    'features ',
    set.train.length + set.unseen.length,
    async (progress) => ({
      train: await computeFeatures(base, set.train, inputShape, progress),
      unseen: await computeFeatures(base, set.unseen, inputShape, progress),
    }),
  );
  base.dispose();

  say(`\n3. Each head, trained on those features for ${options.epochs} epochs\n`);
  const shown = pickShown(set.unseen, numClasses);
  const results: Trained[] = [];
  for (const name of HEADS) {
    results.push(await tryHead(name, set, features, shown, options.epochs));
  }
  tf.dispose([features.train.values, features.unseen.values]);
  table(
    [
      ['head', 'parameters', 'seconds', 'accuracy in training', 'on unseen', 'chance'],
      ...results.map(({ row }) => row),
    ],
    ['l', 'r', 'r', 'r', 'r', 'r'],
  );

  say('4. Pictures that no head has seen');
  table(
    [
      ['picture', 'is', ...results.map(({ name }) => name)],
      ...shown.map((index, i) => {
        const picture = set.unseen[index];
        const truth = set.classes[picture?.label ?? -1] ?? '';
        return [picture?.name ?? '', truth, ...results.map(({ guesses }) => guesses[i] ?? '')];
      }),
    ],
    ['l', 'l', 'l', 'l', 'l'],
  );
  say(`All in ${seconds(begin)}.`);
}

const program = new Command('npm run demo --')
  .description('The three heads on one frozen base, on real pictures.')
  .option(
    '--data <folder>',
    'your own pictures, one sub-folder a class (default: handwritten digits)',
  )
  .option(
    '--base <folder>',
    'a TF.js layers model with one output [b, h, w, c] (default: a random ResNet-50)',
  )
  .option('--size <pixels>', 'input size of the ResNet-50, at least 32', count, 64)
  .option('--epochs <n>', 'times that a head sees each picture', count, 15)
  .action(demo);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
