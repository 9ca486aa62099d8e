import { Command, Option } from 'commander';
import { percent } from '../numbers.js';
import { drawTable } from '../report/format/table.js';
import type { Classification } from '../classifier/types.js';
import type { EngineName } from '../engine/names.js';
import { PictureError } from '../errors.js';
import { given } from '../given.js';
import { openClassifier, tellEngine } from './load.js';
import type { ViewName } from '../pictures/views.js';
import { averagedViews, engineOption, integer } from './options.js';
import { showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

interface ClassifyFlags {
  readonly top?: number;
  readonly reject?: boolean;
  readonly views?: readonly ViewName[];
  readonly engine?: EngineName;
  readonly format: 'text' | 'json';
}

interface Answer {
  readonly path: string;
  /** Missing if the classifier can't tell. */
  readonly familiarity?: number;
  readonly classes: readonly Classification[];
}

/** Number of classes that are printed for each picture. */
const TOP = 3;

/** The first classes; by default three, and the others that are present. */
const shownOf = (classes: readonly Classification[], top: number | undefined) =>
  classes.filter(({ present = false }, i) => top !== undefined || i < TOP || present);

async function classify(
  terminal: Terminal,
  folder: string,
  paths: readonly string[],
  { top, format, reject = false, views, engine }: ClassifyFlags,
): Promise<void> {
  const { out, err } = terminal;
  const classifier = await openClassifier(terminal, folder, engine);
  const shown = showProgress(terminal, 'classifying', 'pictures');
  try {
    const answers: Answer[] = [];
    for (const [i, path] of paths.entries()) {
      // One picture is done before anyone could read a progress bar.
      if (paths.length > 1) shown.update(i, paths.length);
      try {
        const options = given({ top, reject, views });
        const { classes, ...answer } = classifier.knowsFamiliarity
          ? await classifier.classify(path, { ...options, familiarity: true })
          : { classes: await classifier.classify(path, options) };
        answers.push({ path, ...answer, classes: shownOf(classes, top) });
      } catch (error) {
        // The others of several pictures are classified all the same.
        if (paths.length === 1 || !(error instanceof PictureError)) throw error;
        err(`skipped: ${error.message}`);
      }
    }
    if (paths.length > 1) shown.update(paths.length, paths.length);
    shown.stop();
    await tellEngine(terminal, classifier);
    if (format === 'json') out(`${JSON.stringify(answers, null, 2)}\n`);
    else if (answers.length > 0) out(`${table(answers)}\n`);
    if (answers.length < paths.length) {
      throw new PictureError(
        `pictures: expected ${paths.length} that can be decoded, got ${answers.length}; the others are named above`,
      );
    }
  } finally {
    shown.stop();
    classifier.dispose();
  }
}

/** What stands for a class where a picture is rejected. */
const NONE: Classification = { className: 'none', probability: NaN };

function table(answers: readonly Answer[]): string {
  const isMultiLabel = answers.some(({ classes }) => classes[0]?.present !== undefined);
  const isKnown = answers.some(({ familiarity }) => familiarity !== undefined);
  const columns = [
    { title: 'picture' },
    { title: 'class' },
    { title: 'probability', align: 'r' as const },
    ...(isMultiLabel ? [{ title: 'present' }] : []),
    ...(isKnown ? [{ title: 'familiarity', align: 'r' as const }] : []),
  ];
  const rows = answers.flatMap(({ path, familiarity, classes }) =>
    (classes.length === 0 ? [NONE] : classes).map(
      ({ className, probability, present = false }, i) => [
        ...[i === 0 ? path : '', className],
        Number.isNaN(probability) ? '' : percent(probability),
        ...(isMultiLabel ? [present ? 'yes' : 'no'] : []),
        ...(isKnown ? [i === 0 && familiarity !== undefined ? percent(familiarity) : ''] : []),
      ],
    ),
  );
  return drawTable({ columns, rows }, 'text');
}

/** `resnet-heads classify`. */
export function classifyCommand(terminal: Terminal): Command {
  return new Command('classify')
    .summary('classify pictures')
    .description(
      'Prints the most probable classes of pictures, and how familiar each picture is: the share of held-out ' +
        'pictures that are at most as familiar. A picture that can’t be decoded is skipped and named on ' +
        'standard error; the exit code is then 1.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its URL, an .onnx file that `export` has written, or a name such as resnet-mini or keras/resnet50',
    )
    .argument('<pictures...>', 'picture files')
    .option(
      '--top <n>',
      'number of classes to print for each picture (default: 3; with several labels per picture, also all that are present)',
      integer,
    )
    .option(
      '--reject',
      'answer "none" for a picture with a familiarity below 5%, which one in twenty known pictures has, too',
    )
    .addOption(averagedViews())
    .addOption(engineOption())
    .addOption(
      new Option('--format <name>', 'output format').choices(['text', 'json']).default('text'),
    )
    .action((dir: string, images: string[], flags: ClassifyFlags) =>
      classify(terminal, dir, images, flags),
    );
}
