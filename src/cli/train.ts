import { dirname } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Preprocessing } from '../base/preprocess.js';
import { type EngineName, ENGINES } from '../node/engine/engine.js';
import type { ResnetVariant } from '../base/architecture.js';
import type { Outcome } from '../train/training-loop.js';
import { present, reject } from '../errors.js';
import { chooseHead, type HeadName } from '../head/choose.js';
import { percent } from '../numbers.js';
import type { TrainFolderOptions } from '../node/train-options.js';
import { chooseBackend } from './backend.js';
import { honoured } from './honoured.js';
import { catchInterrupt } from './interrupt.js';
import { integer, size } from './options.js';
import { describeDuplicates, describeParts } from './parts.js';
import { type Terminal, warnTo } from './terminal.js';
import { type BaseFlags, isNamed, loadBase } from './train-base.js';
import { Stages } from './train-stages.js';

interface TrainFlags extends BaseFlags {
  readonly head: HeadName;
  readonly out: string;
  readonly preprocessing?: Preprocessing;
  readonly engine?: EngineName;
  readonly epochs: number;
  readonly learningRate?: number;
  readonly seed: number;
  readonly balanced?: boolean;
  readonly resume?: boolean;
  readonly strict?: boolean;
  readonly cache: boolean;
}

/** How published weights of a variant want their pixels. */
const PREPROCESSING: Readonly<Record<ResnetVariant, Preprocessing>> = {
  v1: 'caffe',
  'v1.5': 'torch',
};

const HELP = `
The folder has one sub-folder per class, of which one picture in five is held out for validation; or \`train\` and
\`val\` (or \`training\`, \`valid\`, \`validation\`, \`dev\`) with those in them. \`test\` beside them is not used.

What is written to --out is a TensorFlow.js layers model with metadata.json, for \`resnet-heads classify\` and
loadClassifier(). It is written when training has ended. A classifier that is there already is replaced; a folder
with anything else in it is refused.

Examples:
  $ resnet-heads train photos --out cats-and-dogs
  $ resnet-heads train photos --out model --base mobilenet/ --preprocessing tf
  $ resnet-heads train photos --out model --resume            goes on with a run that was broken off
`;

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number < Infinity))
    throw new InvalidArgumentError('Expected a positive number.');
  return number;
}

/** Pictures have three channels, whatever a ResNet could take. */
function pictureSize(text: string): readonly number[] {
  const shape = size(text);
  if (shape[2] !== 3) throw new InvalidArgumentError('Expected three channels, as pictures have.');
  return shape;
}

/** How the base wants its pixels: as it was told, else as its weights were trained. */
const preprocessingOf = ({ preprocessing, base, variant }: TrainFlags): Preprocessing =>
  preprocessing ?? (base === undefined ? PREPROCESSING[variant] : 'tf');

async function requireOut(folder: string, { out, base }: TrainFlags): Promise<void> {
  const [{ CLASSIFIER }, { requireFolder }, { isWithin, realPlace }] = await Promise.all([
    import('../node/classifier-folder.js'),
    import('../node/write/folder.js'),
    import('../node/write/place.js'),
  ]);
  // What is wrong with either path is told by whoever reads or writes there.
  const place = (path: string) => realPlace(path).catch(() => path);
  const path = await place(out);
  const basePath = base === undefined ? undefined : await place(base);
  // Or the model.json in it.
  if (basePath !== undefined && [basePath, dirname(basePath)].includes(path)) {
    reject('--out', "another folder than the base's", out, 'the base would be overwritten');
  }
  await requireFolder(out, CLASSIFIER);
  if (isWithin(await place(folder), path)) {
    reject('--out', 'a folder outside the pictures', out, 'it would be taken for a class');
  }
}

const counted = (epochs: number): string => `${epochs} epoch${epochs === 1 ? '' : 's'}`;

/** How training came to its end, after so many epochs. */
const ENDS: Readonly<Record<Outcome['endedBy'], (epochs: number) => string>> = {
  epochs: (epochs) => `stopped after ${counted(epochs)}`,
  patience: (epochs) => `stopped after ${counted(epochs)}, as validation no longer improved`,
  callback: (epochs) => `stopped by a callback after ${counted(epochs)}`,
  signal: (epochs) => `interrupted after ${counted(epochs)}; --resume continues`,
};

/** A path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;

async function train(terminal: Terminal, folder: string, flags: TrainFlags): Promise<void> {
  const { out, say, err } = terminal;
  const begin = performance.now();
  // Before a base is fetched, which can be 94 MB.
  await requireOut(folder, flags);
  const preprocessing = preprocessingOf(flags);
  const [{ readParts }, { trainFolder }, { requireTrainOptions }, { userCacheFolder }] =
    await Promise.all([
      import('../node/images/index.js'),
      import('../node/train-folder.js'),
      import('../node/train-checks.js'),
      import('../node/user-folders.js'),
    ]);
  const parts = await readParts(folder, { seed: flags.seed });
  const { classes } = parts;
  const options: TrainFolderOptions = {
    head: chooseHead({ head: flags.head, numClasses: classes.length }),
    preprocessing,
    out: flags.out,
    epochs: flags.epochs,
    seed: flags.seed,
    resume: flags.resume === true,
    strict: flags.strict === true,
    ...(flags.learningRate === undefined ? {} : { learningRate: flags.learningRate }),
    ...(flags.engine === undefined ? {} : { engine: flags.engine }),
    ...(flags.balanced === true ? { classWeights: 'balanced' } : {}),
    ...(flags.cache ? { cacheFolder: userCacheFolder('features') } : {}),
  };
  await requireTrainOptions(options);
  for (const line of describeDuplicates(parts.duplicates)) err(line);
  out(describeParts(parts));
  const backend = await chooseBackend(terminal);
  const stages = new Stages(terminal);
  const kept = flags.cache
    ? 'what was fetched and computed so far is kept: the same command goes on from there'
    : 'with --no-cache no features are kept';
  const interrupt = catchInterrupt(
    `train: expected time to train, got Ctrl-C before there was a classifier; ${kept}`,
    () => {
      if (stages.isTrainingHead) err('ending after this epoch; once more to end at once');
    },
  );
  let base: tf.LayersModel | undefined;
  try {
    base = await loadBase(terminal, flags, interrupt.signal);
    const { history, bestEpoch, images, computed, endedBy } = await trainFolder(base, parts, {
      ...options,
      callbacks: stages.callbacks(flags.epochs),
      onProgress: stages.onProgress,
      onSkip: ({ message }) => {
        err(`skipped: ${message}`);
      },
      onWarning: warnTo(terminal),
      signal: interrupt.signal,
    });
    stages.stop();
    const best = present(history[bestEpoch], 'the best epoch');
    say(
      `${classes.length} classes, ${images.train} pictures to train on and ${images.validation} to validate on`,
      `features: ${computed} computed (${flags.engine ?? backend}), ${images.train + images.validation - computed} from the cache`,
      `${ENDS[endedBy](history.length)}; best: epoch ${bestEpoch + 1}`,
      `accuracy in training ${percent(best.accuracy)}, in validation ${percent(present(best.validationAccuracy, 'its accuracy'))}`,
      `${flags.out}: model.json, weights.bin, metadata.json, in ${((performance.now() - begin) / 1000).toFixed(1)} s`,
      `next: npx resnet-heads evaluate ${quoted(flags.out)} ${quoted(parts.unused[0] ?? folder)}`,
    );
  } finally {
    stages.stop();
    interrupt.release();
    base?.dispose();
  }
}

/** `resnet-heads train`. */
export function trainCommand(terminal: Terminal): Command {
  const command = new Command('train')
    .summary('a classifier from a folder of pictures')
    .description(
      'Trains a head on a folder of pictures, and saves it with its base as a classifier.',
    )
    .argument('<folder>', 'pictures, one sub-folder per class')
    .requiredOption('--out <dir>', 'where to write the classifier')
    .addOption(
      new Option('--head <name>', 'which head')
        .choices(['pooled', 'flattened', 'dense'])
        .default('pooled'),
    )
    .addOption(
      new Option(
        '--base <path>',
        'a model with one output [b, h, w, c]: the folder or model.json of a TF.js layers model, or a .keras file (default: a ResNet-50)',
      ).conflicts(['weights', 'mirror', 'variant', 'input']),
    )
    .option('--weights <source>', 'of the ResNet-50: a name, a file or a URL', 'imagenet')
    .option('--mirror <url>', 'host with the same paths to fetch weights by name from')
    .addOption(
      new Option('--variant <name>', "of the ResNet-50: Keras's v1 or torchvision's v1.5")
        .choices(['v1', 'v1.5'])
        .default('v1'),
    )
    .addOption(
      new Option(
        '--preprocessing <mode>',
        "the base's (default: the weights', with --base tf)",
      ).choices(['caffe', 'torch', 'tf']),
    )
    .addOption(
      new Option('--input <size>', 'input size of the ResNet-50')
        .argParser(pictureSize)
        .default([224, 224, 3], '224'),
    )
    .addOption(
      new Option(
        '--engine <name>',
        'what runs the base (default: tensorflow where tfjs-node is installed, else layers)',
      ).choices(ENGINES),
    )
    .option('--epochs <n>', 'at most', integer, 30)
    .option('--learning-rate <x>', "Adam's step (default: 0.005 pooled, 0.001 else)", positive)
    .option('--seed <n>', 'makes two runs the same', integer, 0)
    .option('--balanced', 'weigh classes by how few pictures they have')
    .option('--resume', 'go on with a run that was broken off, of the same pictures and options')
    .option('--strict', 'end at a picture that can’t be decoded, instead of skipping it')
    .option('--no-cache', 'compute all features anew, and keep none')
    .addHelpText('after', HELP)
    .action((folder: string, flags: TrainFlags) => train(terminal, folder, flags));
  return honoured(command, {
    mirror: { needs: 'weights by name', holds: ({ weights }) => isNamed(String(weights)) },
  });
}
