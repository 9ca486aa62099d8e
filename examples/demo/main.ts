/**
 * The three heads on one frozen base, on real pictures: what they cost, how fast they learn, and how well
 * they do on pictures that they have not seen.
 *
 *     npm run demo
 *     npm run demo -- --data FOLDER
 *     npm run demo -- --data FOLDER --base FOLDER_WITH_MODEL_JSON
 *     npm run demo -- --data FOLDER --weights FILE --size 224
 */
import * as tf from '@tensorflow/tfjs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { markdownTable } from 'markdown-table';
import {
  format,
  type HeadName,
  planResnet,
  type Preprocessing,
  type ResnetVariant,
} from 'resnet-heads';
import { useWasm } from './backend.js';
import { loadBase, RANDOM_SCALING, randomBase, SCALING, trainedBase } from './base.js';
import { digits } from './digits.js';
import { computeFeatures } from './features.js';
import { pictureFolder } from './folder.js';
import type { PictureSet } from './pictures.js';
import { downloadBar, progressBar } from './progress.js';
import { pickShown, seconds, type Trained, tryHead } from './trial.js';

interface Options {
  readonly data?: string;
  readonly base?: string;
  readonly weights?: string;
  readonly variant: ResnetVariant;
  readonly size: number;
  readonly epochs: number;
}

const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];
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

interface Base {
  readonly model: tf.LayersModel;
  readonly inputShape: readonly number[];
  readonly scaling: Preprocessing;
}

async function prepareBase(options: Options, set: PictureSet): Promise<Base> {
  const { base: folder, weights, variant, size } = options;
  if (folder !== undefined) {
    const model = await loadBase(folder);
    const inputShape = (model.inputs[0]?.shape ?? []).slice(1).map((side) => side ?? size);
    say(`   Base: ${model.name}, loaded from ${folder}; pictures scaled to [−1, 1].`);
    return { model, inputShape, scaling: 'tf' };
  }
  const inputShape = [size, size, 3];
  const bar = downloadBar();
  try {
    const model = await trainedBase(weights, variant, inputShape, bar.update);
    bar.stop();
    const whose = weights === undefined ? 'ImageNet weights' : `the weights of ${weights}`;
    say(`   Base: a ResNet-50 ${variant} with ${whose}.`);
    return { model, inputShape, scaling: SCALING[variant] };
  } catch (error) {
    bar.stop();
    // A file of the user's own has to be right.
    if (weights !== undefined || !(error instanceof Error && error.name === 'WeightsError')) {
      throw error;
    }
    say(
      "   Base: a ResNet-50 with RANDOM weights, as ImageNet's can't be reached: this shows that heads learn, not how well.",
    );
  }
  const model = await overPictures('BatchNorm', set.train.length, (progress) =>
    randomBase(inputShape, set.train, progress),
  );
  return { model, inputShape, scaling: RANDOM_SCALING };
}

async function demo(options: Options): Promise<void> {
  const begin = performance.now();
  await useWasm();
  const set = options.data === undefined ? digits() : await pictureFolder(options.data);
  const numClasses = set.classes.length;

  if (options.base === undefined) {
    say('1. What each head costs on a ResNet-50, before anything is allocated\n');
    const inputShape = [options.size, options.size, 3];
    say(
      format(
        HEADS.map((head) => planResnet({ head, numClasses, inputShape, variant: options.variant })),
      ),
    );
  } else {
    say(
      '1. What each head costs: see the parameters below, and `resnet-heads compare` for a ResNet',
    );
  }

  say(`\n2. Features of real pictures, computed once (backend: ${tf.getBackend()})\n`);
  say(`   Pictures: ${set.title}; ${numClasses} classes,`);
  say(`   ${set.train.length} to train on, ${set.unseen.length} that training never sees.`);
  const base = await prepareBase(options, set);
  const features = await overPictures(
    'features ',
    set.train.length + set.unseen.length,
    async (progress) => ({
      train: await computeFeatures(base.model, set.train, base.inputShape, base.scaling, progress),
      unseen: await computeFeatures(
        base.model,
        set.unseen,
        base.inputShape,
        base.scaling,
        progress,
      ),
    }),
  );
  base.model.dispose();

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
    'a TF.js layers model with one output [b, h, w, c] (default: a ResNet-50)',
  )
  .addOption(
    new Option(
      '--weights <file>',
      "weights for the ResNet-50: Keras's .h5, .weights.h5 or .keras, or safetensors (default: ImageNet's, where they can be reached)",
    ).conflicts('base'),
  )
  .addOption(
    new Option('--variant <name>', "the weights' variant: v1 for Keras's, v1.5 for torch's")
      .choices(['v1', 'v1.5'])
      .default('v1'),
  )
  .option('--size <pixels>', 'input size of the ResNet-50, at least 32', count, 64)
  .option('--epochs <n>', 'times that a head sees each picture', count, 15)
  .action(demo);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
