import { Command, Option } from 'commander';
import { percent } from '../numbers.js';
import { drawTable } from '../report/format/table.js';
import type { Classification } from '../classifier/types.js';
import { PictureError } from '../errors.js';
import { openClassifier } from './load.js';
import { integer } from './options.js';
import { showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

interface ClassifyFlags {
  readonly top: number;
  readonly format: 'text' | 'json';
}

interface Answer {
  readonly path: string;
  readonly classes: readonly Classification[];
}

async function classify(
  terminal: Terminal,
  folder: string,
  paths: readonly string[],
  { top, format }: ClassifyFlags,
): Promise<void> {
  const { out, err } = terminal;
  const classifier = await openClassifier(terminal, folder);
  const shown = showProgress(terminal, 'classifying', 'pictures');
  try {
    const answers: Answer[] = [];
    for (const [i, path] of paths.entries()) {
      // A bar for one picture would be gone before it is seen.
      if (paths.length > 1) shown.update(i, paths.length);
      try {
        answers.push({ path, classes: await classifier.classify(path, { top }) });
      } catch (error) {
        // One bad picture among several must not cost the answers for the others.
        if (paths.length === 1 || !(error instanceof PictureError)) throw error;
        err(`skipped: ${error.message}`);
      }
    }
    if (paths.length > 1) shown.update(paths.length, paths.length);
    shown.stop();
    if (format === 'json') out(`${JSON.stringify(answers, null, 2)}\n`);
    else if (answers.length > 0) out(`${table(answers)}\n`);
    if (answers.length < paths.length) {
      throw new PictureError(
        `images: expected ${paths.length} pictures that can be decoded, got ${answers.length}; the others are named above`,
      );
    }
  } finally {
    shown.stop();
    classifier.dispose();
  }
}

function table(answers: readonly Answer[]): string {
  const columns = [
    { title: 'picture' },
    { title: 'class' },
    { title: 'probability', align: 'r' as const },
  ];
  const rows = answers.flatMap(({ path, classes }) =>
    classes.map(({ className, probability }, i) => [
      i === 0 ? path : '',
      className,
      percent(probability),
    ]),
  );
  return drawTable({ columns, rows }, 'text');
}

/** `resnet-heads classify`. */
export function classifyCommand(terminal: Terminal): Command {
  return new Command('classify')
    .summary('what pictures show')
    .description(
      'Names the likeliest classes of pictures, by a classifier that `train` has written or a published one. ' +
        'A picture that can’t be decoded is named on standard error; the others are classified, and the ' +
        'exit code is 1.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its address, or a name such as keras/resnet50',
    )
    .argument('<pictures...>', 'files')
    .option('--top <n>', 'how many classes to name', integer, 3)
    .addOption(
      new Option('--format <name>', 'text or json').choices(['text', 'json']).default('text'),
    )
    .action((dir: string, images: string[], flags: ClassifyFlags) =>
      classify(terminal, dir, images, flags),
    );
}
