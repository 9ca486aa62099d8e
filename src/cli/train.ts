import { Command, Option } from 'commander';
import type { Backbone } from '../backbone/backbone.js';
import type { Classifier } from '../classifier/types.js';
import { given } from '../given.js';
import { backboneOf, withBackbone } from './backbone-flags.js';
import { chooseBackend, inNode } from './backend.js';
import { EXIT } from './exit.js';
import { honoured } from './honoured.js';
import { catchInterrupt } from './interrupt.js';
import { engineOption, integer, positive, share, viewsOption } from './options.js';
import { describeDuplicates, describeSet } from './parts.js';
import { SOLVERS } from '../train/training-options.js';
import { type Terminal, warnTo } from './terminal.js';
import type { openJoined } from './train-from.js';
import type { costOfTraining } from './train-int8.js';
import type { Run } from './train-report.js';
import { requirePlace, requireQuantizable } from './train-checks.js';
import { isLinear, optionsOf, solverOf, type TrainFlags } from './train-flags.js';
import { TRAIN_HELP } from './train-help.js';
import { Stages } from './train-stages.js';
import { describeNext, describeTraining } from './train-summary.js';

// On demand: few runs leave pictures out.
const readExcluded = async (file: string): Promise<string[]> =>
  (await import('../node/images/table.js')).readPaths('exclude', file);

// On demand: few runs train on the pictures of a classifier.
const joinWith: typeof openJoined = async (...args) =>
  (await import('./train-from.js')).openJoined(...args);

// On demand: few runs quantise.
const measureCost: typeof costOfTraining = async (...args) =>
  (await import('./train-int8.js')).costOfTraining(...args);

/** Writes what happened in the run beside the classifier; no report after Ctrl-C. */
async function tellRun(terminal: Terminal, classifier: Classifier, run: Run): Promise<void> {
  const { writeReport, writeRun } = await import('./train-report.js');
  terminal.say(
    `${await writeRun(terminal, classifier, run)}: the course of training, for programs`,
  );
  const { training } = classifier;
  const wasStopped = training?.solver === 'adam' && training.endedBy === 'signal';
  if (!run.flags.report) return;
  if (wasStopped) {
    terminal.say('no report.html after Ctrl-C; --resume writes it');
    return;
  }
  const stop = () => {
    terminal.err(`Ctrl-C: ${run.flags.out} is saved, without report.html`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', stop);
  try {
    terminal.say(`${await writeReport(terminal, classifier, run)}: open it in a browser`);
  } finally {
    process.off('SIGINT', stop);
  }
}

async function train(terminal: Terminal, pictures: string, flags: TrainFlags): Promise<void> {
  const { out, say, err } = terminal;
  await inNode();
  // Checked before a backbone of up to 94 MB is downloaded.
  await requirePlace(pictures, flags);
  const [{ readForTraining }, { requireTrainOptions, trainOn }, { loadSharp }, { requireEngine }] =
    await Promise.all([
      import('../classifier/read-for-training.js'),
      import('../classifier/train.js'),
      import('../node/images/sharp.js'),
      import('../engine/start.js'),
    ]);
  requireQuantizable(flags);
  const options = await optionsOf(flags);
  requireTrainOptions(options);
  await loadSharp();
  if (flags.int8 === true) await requireEngine(flags.engine ?? 'onnxruntime');
  if (options.resume === true) {
    const { checkpointOf, requireCheckpoint } = await import('../node/training-run.js');
    await requireCheckpoint(await checkpointOf(flags.out));
  }
  const { seed, validation, multiLabel } = flags;
  const exclude = flags.exclude === undefined ? undefined : await readExcluded(flags.exclude);
  const asked = given({ seed, validation, multiLabel, exclude });
  const joined =
    flags.from === undefined
      ? undefined
      : await joinWith(terminal, flags.from, pictures, { ...options, ...asked }, flags.out);
  const set = joined?.set ?? (await readForTraining(pictures, asked));
  for (const line of describeDuplicates(set.duplicates)) err(line);
  out(describeSet(set));
  if (joined) say(joined.told);
  const backend = joined?.backend ?? (await chooseBackend(terminal));
  const isAdam = joined?.isAdam ?? solverOf(flags) === 'adam';
  const stages = new Stages(terminal, flags.epochs);
  const kept = flags.cache
    ? 'downloads and features so far are kept: the same command continues from there'
    : 'with --no-cache no features are kept';
  const interrupt = catchInterrupt(
    `train: expected time to train, got Ctrl-C before there was a classifier; ${kept}`,
    () => {
      if (stages.isTrainingHead)
        err('stopping after this epoch; press Ctrl-C again to stop at once');
    },
  );
  let backbone: Backbone | undefined;
  let small: Backbone | undefined;
  try {
    backbone = joined?.backbone ?? (await backboneOf(terminal, flags, interrupt.signal));
    if (flags.int8 === true) {
      const { quantizeFor } = await import('./train-int8.js');
      small = await quantizeFor(terminal, backbone, set, interrupt.signal);
    }
    const classifier = await trainOn(
      { backbone: small ?? backbone, set, ...given({ earlier: joined?.earlier }) },
      {
        ...options,
        ...(isAdam ? { callbacks: stages.callbacks } : {}),
        onProgress: stages.onProgress,
        onWarning: warnTo(terminal),
        signal: interrupt.signal,
      },
    );
    stages.stop();
    const int8 = small && { backbone, small };
    const cost = int8 && (await measureCost(terminal, classifier, int8, set));
    // The classifier is saved: from here on, Ctrl-C loses only the report.
    interrupt.release();
    try {
      const excluded = new Set(exclude).size;
      if (joined) out(joined.describe(classifier));
      say(...describeTraining(classifier, { out: flags.out, backend, cost, excluded }));
      await tellRun(terminal, classifier, { pictures, flags, backbone: small ?? backbone });
      say(describeNext(classifier, pictures, flags));
    } finally {
      classifier.dispose();
    }
  } finally {
    stages.stop();
    interrupt.release();
    small?.dispose();
    backbone?.dispose();
    joined?.dispose();
  }
}

/** What a classifier of `--from` has of its own. */
const OWN = [
  ...['backbone', 'preprocessing', 'input', 'mirror', 'backboneOutput', 'backboneLayout', 'int8'],
  ...['head', 'hiddenUnits', 'dropout', 'multiLabel'],
];

/** With `--from`, the solver depends on the head that the classifier has. */
const isFrom = ({ from }: Readonly<Record<string, unknown>>): boolean => from !== undefined;

/** Whether L-BFGS fits the head. */
const isFitted = (flags: Readonly<Record<string, unknown>>): boolean => solverOf(flags) === 'lbfgs';

/** `resnet-heads train`. */
export function trainCommand(terminal: Terminal): Command {
  const command = new Command('train')
    .summary('train a classifier on a folder of pictures')
    .description(
      'Trains a head on a folder of pictures and saves it with its backbone as a classifier.',
    )
    .argument('<pictures>', 'a folder with one subfolder per class, or a .csv file')
    .requiredOption('--out <dir>', 'folder to write the classifier to')
    .addOption(
      new Option(
        '--from <classifier>',
        'train on the pictures of a saved classifier as well, with its backbone and head (see below)',
      ).conflicts(OWN),
    );
  withBackbone(command)
    .option('--int8', 'quantise the backbone to int8: a quarter of the size, and faster')
    .addOption(
      new Option('--head <name>', 'classification head')
        .choices(['pooled', 'flattened', 'dense'])
        .default('pooled'),
    )
    .option(
      '--hidden-units <n>',
      'units of the hidden layer, of flattened and dense heads (default: 1024)',
      integer,
    )
    .option('--dropout <x>', 'dropout rate before the last layer (default: 0)', share)
    .option(
      '--validation <x>',
      'fraction of each class to hold out for validation; 0 for none (default: 0.2)',
      share,
    )
    .option('--exclude <file>', 'leave out the pictures of a .csv file, such as `review` writes')
    .option(
      '--multi-label',
      'pictures can have several labels: those in several class folders, or separated by | in a .csv file',
    )
    .addOption(viewsOption('train also on changed copies of the training pictures'))
    .addOption(engineOption('library that runs the backbone'))
    .addOption(
      new Option(
        '--solver <name>',
        'lbfgs or adam (default: lbfgs for a pooled head without dropout, unless an option of Adam is given)',
      ).choices(SOLVERS),
    )
    .option('--l2 <x>', 'strength of the L2 penalty (default: chosen by validation)', positive)
    .option('--epochs <n>', 'Adam: maximum number of epochs (default: 30)', integer)
    .option('--batch-size <n>', 'Adam: pictures per training step (default: 32)', integer)
    .option(
      '--learning-rate <x>',
      'Adam: constant learning rate (default: none; each layer has its own, which decays)',
      positive,
    )
    .option(
      '--patience <n>',
      'Adam: epochs without improvement before training stops (default: 5)',
      integer,
    )
    .option('--seed <n>', 'random seed, to make runs repeatable', integer, 0)
    .addOption(
      new Option('--balanced', 'give classes with fewer pictures more weight').conflicts(
        'multiLabel',
      ),
    )
    .option('--resume', 'continue an interrupted run of Adam with the same pictures and options')
    .option('--strict', 'stop at a picture that can’t be decoded, instead of skipping it')
    .option('--no-report', 'write no report.html, which shows the results and pictures to look at')
    .option('--no-cache', 'compute all features again, and do not store them')
    .addHelpText('after', TRAIN_HELP)
    .action((pictures: string, flags: TrainFlags) => train(terminal, pictures, flags));
  return honoured(command, {
    solver: {
      needs: '--head pooled without --dropout',
      holds: ({ solver, ...flags }) => solver === 'adam' || isLinear(flags),
    },
    l2: { needs: '--head pooled and no option of Adam', holds: isFitted },
    resume: {
      needs: '--solver adam or an option of Adam',
      holds: (flags) => isFrom(flags) || !isFitted(flags),
    },
    hiddenUnits: { needs: '--head flattened or dense', holds: ({ head }) => head !== 'pooled' },
  });
}
