import { Command, Option } from 'commander';
import type { ClassifiedFile } from '../classifier/classified-file.js';
import type { Classification as ClassProbability } from '../classifier/types.js';
import { PictureError, requirePositiveInteger } from '../errors.js';
import { percent } from '../numbers.js';
import { drawTable } from '../report/format/table.js';
import { Classification, type ClassifyFlags, withTop } from './classification.js';
import { honoured } from './honoured.js';
import { openClassifier, tellEngine } from './load.js';
import { averagedViews, engineOption, integer } from './options.js';
import type { Terminal } from './terminal.js';

/** Prints the answers, which are few enough to be read. */
async function print(
  terminal: Terminal,
  work: Classification,
  sources: readonly string[],
  { top, format }: ClassifyFlags,
): Promise<void> {
  const { isFolder } = await import('../node/list-pictures.js');
  const [only = '', ...others] = sources;
  // The error is all there is to say of one picture.
  const strict = others.length === 0 && !(await isFolder(only));
  const answers: ClassifiedFile[] = [];
  try {
    for await (const answer of work.of(sources, { strict })) answers.push(withTop(answer, top));
  } catch (error) {
    // None can be decoded: they have been named.
    if (strict || work.skipped === 0 || !(error instanceof PictureError)) throw error;
  }
  await tellEngine(terminal, work.classifier);
  if (format === 'json') terminal.out(`${JSON.stringify(answers, null, 2)}\n`);
  else if (answers.length > 0) terminal.out(`${table(answers)}\n`);
}

async function classify(
  terminal: Terminal,
  source: string,
  sources: readonly string[],
  flags: ClassifyFlags,
): Promise<void> {
  const { out, sort, top, engine } = flags;
  if (top !== undefined) requirePositiveInteger('top', top);
  // On demand: few commands write files.
  const files =
    out === undefined && sort === undefined ? undefined : await import('./classify-files.js');
  await files?.requirePlaces(source, sources, flags);
  const classifier = await openClassifier(terminal, source, engine);
  try {
    const work = new Classification(terminal, classifier, flags);
    if (files) await files.classifyToFiles(terminal, work, sources, flags);
    else await print(terminal, work, sources, flags);
    // A file that is watched may have been read before it was whole.
    if (flags.watch !== true) work.requireAll();
  } finally {
    classifier.dispose();
  }
}

/** What stands for a class where a picture is rejected. */
const NONE: ClassProbability = { className: 'none', probability: NaN };

function table(answers: readonly ClassifiedFile[]): string {
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

const isTable = ({ out }: Readonly<Record<string, unknown>>, ...extensions: string[]): boolean =>
  typeof out === 'string' && extensions.some((each) => out.toLowerCase().endsWith(each));

const isPrinted = ({ out, sort }: Readonly<Record<string, unknown>>): boolean =>
  out === undefined && sort === undefined;

/** `resnet-heads classify`. */
export function classifyCommand(terminal: Terminal): Command {
  const command = new Command('classify')
    .summary('classify pictures')
    .description(
      'Prints the most probable classes of pictures, and how familiar each picture is: the share of held-out ' +
        'pictures that are at most as familiar. Or writes them to a table, or sorts the pictures into folders. ' +
        'A picture that can’t be decoded is skipped and named on standard error; the exit code is then 1.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its URL, an .onnx file that `export` has written, or a name such as resnet-mini or keras/resnet50',
    )
    .argument('<pictures...>', 'picture files, and folders, which are read with their subfolders')
    .option(
      '--top <n>',
      'number of classes for each picture (default: 3; with several labels per picture, also all that are present)',
      integer,
    )
    .option(
      '--reject',
      'answer "none" for a picture with a familiarity below 5%, which one in twenty known pictures has, too',
    )
    .addOption(averagedViews())
    .addOption(engineOption())
    .addOption(
      new Option('--format <name>', 'format of what is printed')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--out <file>', 'write a .csv, .json or .parquet file instead')
    .option(
      '--all-classes',
      'add a column with the probability of each class to a .csv or .parquet',
    )
    .option(
      '--sort <dir>',
      'put each picture into a subfolder of its class; nothing is overwritten',
    )
    .addOption(
      new Option('--sort-by <way>', 'copy the pictures, or make hard links, which take no space')
        .choices(['copy', 'link'])
        .default('copy'),
    )
    .option(
      '--watch',
      'classify pictures as they appear in the folders, until Ctrl-C (requires --out FILE.csv)',
    )
    .option('--no-cache', 'compute all features again, and keep none')
    .action((dir: string, pictures: string[], flags: ClassifyFlags) =>
      classify(terminal, dir, pictures, flags),
    );
  return honoured(command, {
    top: {
      needs: 'an --out that ends in .json, or neither --out nor --sort',
      holds: (flags) => isTable(flags, '.json') || isPrinted(flags),
    },
    format: { needs: 'neither --out nor --sort', holds: isPrinted },
    allClasses: {
      needs: 'an --out that ends in .csv or .parquet',
      holds: (flags) => isTable(flags, '.csv', '.parquet'),
    },
    sortBy: { needs: '--sort', holds: ({ sort }) => sort !== undefined },
    watch: { needs: 'an --out that ends in .csv', holds: (flags) => isTable(flags, '.csv') },
  });
}
