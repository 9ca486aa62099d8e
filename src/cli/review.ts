import { extname } from 'node:path';
import { Command } from 'commander';
import type { LabelReview, ReviewOptions } from '../classifier/review-options.js';
import type { EngineName } from '../engine/names.js';
import { reject } from '../errors.js';
import { given } from '../given.js';
import { integer, percent } from '../numbers.js';
import type { ViewName } from '../pictures/views.js';
import { drawTable } from '../report/format/table.js';
import { chooseBackend, inNode } from './backend.js';
import {
  BACKBONES_HELP,
  type BackboneFlags,
  backboneWords,
  withBackbone,
} from './backbone-flags.js';
import { libraryOf } from './library.js';
import { onBackbone } from './on-backbone.js';
import { engineOption, integer as whole, positive, viewsOption } from './options.js';
import { describeAmbiguous } from './parts.js';
import { quotedPath } from './shell.js';
import { type Terminal, warnTo } from './terminal.js';

interface ReviewFlags extends BackboneFlags {
  readonly out: string;
  readonly views?: readonly ViewName[];
  readonly engine?: EngineName;
  readonly l2?: number;
  readonly seed: number;
  readonly strict?: boolean;
  readonly cache: boolean;
}

/** How many pictures the terminal shows. */
const SHOWN = 10;

const HELP = `
Pictures as of \`train\`; those of \`train\` and \`val\` are reviewed together.

A head is trained on four fifths of the pictures at a time and judges the labels
of the others. --out lists the labels that are probably wrong, the least probable
first, with the columns path, label, suggested, probability and
suggested_probability. Paths are relative to the file. Look at the pictures, remove
the rows of those whose label is right, and pass the file to \`train --exclude\`.

${BACKBONES_HELP}
Features are kept in the same cache as those of \`train\`.

Examples:
  $ resnet-heads review photos --out suspicious.csv
  $ resnet-heads train photos --out model --exclude suspicious.csv
`;

/** The lines that `review` prints at its end. */
function describeReview(
  { pictures, suspicious, computed, engine }: LabelReview,
  source: string,
  flags: ReviewFlags,
  { backend, columns }: { backend: string; columns: number | undefined },
): string[] {
  const { out } = flags;
  const by = engine ? ` by ${libraryOf(engine, backend)}` : '';
  const summary = [
    `features: ${integer(computed)} computed${by}, ${integer(Math.max(0, pictures - computed))} from the cache`,
    `${integer(suspicious.length)} of ${integer(pictures)} labels are suspicious`,
  ];
  if (suspicious.length === 0) return [...summary, `${out}: no pictures`];
  const table = {
    columns: [
      { title: 'picture' },
      { title: 'label' },
      { title: 'probability', align: 'r' as const, dispensable: 1 },
      { title: 'suggested' },
      { title: 'its probability', align: 'r' as const, dispensable: 2 },
    ],
    rows: suspicious
      .slice(0, SHOWN)
      .map(({ path = '', label, suggested, probability, suggestedProbability }) => [
        ...[path, label, percent(probability)],
        ...[suggested, percent(suggestedProbability)],
      ]),
  };
  const more = suspicious.length - SHOWN;
  return [
    ...summary,
    '',
    ...drawTable(table, 'text', columns).split('\n'),
    ...(more > 0 ? [`… and ${integer(more)} more`] : []),
    '',
    `${out}: ${integer(suspicious.length)} rows, the least probable label first`,
    `next: look at the pictures, remove the rows of those whose label is right, and run`,
    `npx resnet-heads train ${quotedPath(source)} --out my-classifier --exclude ${quotedPath(out)}${backboneWords(flags)}`,
  ];
}

async function review(terminal: Terminal, pictures: string, flags: ReviewFlags): Promise<void> {
  const { say, err } = terminal;
  const { out, views, engine, l2, seed, strict = false, cache } = flags;
  await inNode();
  if (extname(out).toLowerCase() !== '.csv') reject('--out', 'a .csv file', out);
  const [{ readForReview, reviewOn }, { requireList, writeList }, { loadSharp }, folders] =
    await Promise.all([
      import('../classifier/review.js'),
      import('../node/suspicious-list.js'),
      import('../node/images/sharp.js'),
      import('../node/user-folders.js'),
    ]);
  // Checked before a backbone of up to 94 MB is downloaded.
  await requireList(out);
  await loadSharp();
  const options: ReviewOptions = {
    ...given({ views, engine, l2, seed, strict }),
    ...(cache ? { cacheFolder: folders.userCacheFolder('features') } : {}),
  };
  const set = await readForReview(pictures, options);
  for (const line of describeAmbiguous(set.duplicates.acrossClasses)) err(line);
  const backend = await chooseBackend(terminal);
  const lost =
    'review: expected time to review the labels, got Ctrl-C before there was a list; nothing was written';
  await onBackbone(terminal, flags, lost, async (backbone, { stages, signal }) => {
    const found = await reviewOn(
      { backbone, set },
      { ...options, signal, onProgress: stages.onProgress, onWarning: warnTo(terminal) },
    );
    stages.stop();
    await writeList(out, found.suspicious);
    const { columns } = terminal;
    say(...describeReview(found, pictures, flags, { backend, columns }));
  });
}

/** `resnet-heads review`. */
export function reviewCommand(terminal: Terminal): Command {
  const command = new Command('review')
    .summary('find pictures whose label is probably wrong')
    .description(
      'Finds pictures whose label is probably wrong, by confident learning on cross-validation, and writes a list of them.',
    )
    .argument('<pictures>', 'a folder with one subfolder per class, or a .csv file')
    .requiredOption('--out <file>', '.csv file to write the list to');
  return withBackbone(command)
    .addOption(viewsOption('train also on changed copies of the pictures'))
    .addOption(engineOption('library that runs the backbone'))
    .option(
      '--l2 <x>',
      'strength of the L2 penalty (default: chosen by cross-validation)',
      positive,
    )
    .option('--seed <n>', 'random seed of the cross-validation', whole, 0)
    .option('--strict', 'stop at a picture that can’t be decoded, instead of skipping it')
    .option('--no-cache', 'compute all features again, and do not store them')
    .addHelpText('after', HELP)
    .action((pictures: string, flags: ReviewFlags) => review(terminal, pictures, flags));
}
