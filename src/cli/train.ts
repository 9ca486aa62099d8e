import { Command, Option } from 'commander';
import { SOLVERS } from '../train/training-options.js';
import { withBackbone } from './backbone-flags.js';
import { featuresOption } from './features-flag.js';
import { honoured } from './honoured.js';
import { engineOption, integer, positive, share, viewsOption } from './options.js';
import type { Terminal } from './terminal.js';
import { isLinear, solverOf, type TrainFlags } from './train-flags.js';
import { TRAIN_HELP } from './train-help.js';
import { train } from './train-run.js';

/** What a classifier of `--from` has of its own. */
const OWN = [
  ...['backbone', 'preprocessing', 'input', 'mirror', 'backboneOutput', 'backboneLayout', 'int8'],
  ...['head', 'hiddenUnits', 'dropout', 'multiLabel'],
];

/** What only pictures need. */
const OF_PICTURES = [
  ...['from', 'int8', 'exclude', 'views', 'engine', 'strict', 'report', 'cache'],
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
    .argument('[pictures]', 'a folder with one subfolder per class, or a .csv file')
    .addOption(
      featuresOption(
        'train on a folder of features that `extract` has written, in place of pictures (see below)',
        OF_PICTURES,
      ),
    )
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
    .action((pictures: string | undefined, flags: TrainFlags) =>
      train(terminal, pictures, flags, command.getOptionValueSource('backbone') === 'cli'),
    );
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
