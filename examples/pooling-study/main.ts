/**
 * How does global average pooling affect a ResNet's performance? Trains heads with and without it on frozen backbones, and
 * measures what changes. PROTOCOL.md says what was fixed before the first run.
 *
 *     npm run study
 *     npm run study -- --data FOLDER
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { type Preprocessing, useFastestBackend } from 'resnet-heads';
import { END_TO_END, type EndToEndRun, endToEndName, runEndToEnd } from './end-to-end.js';
import { type Facts, keepFacts } from './facts.js';
import { withFolder } from './folder-lock.js';
import { FULL, type Plan, QUICK } from './protocol.js';
import { readStudy } from './read-study.js';
import { Records } from './records.js';
import { verdictsBeside, writeReport } from './report.js';
import { runSizes, type SizeRun, sizeName } from './sizes.js';
import { runTask } from './study.js';
import { exists } from './tasks/photographs.js';
import { type TaskEntry, tasksOf } from './tasks/tasks.js';
import { runTimes } from './times.js';

const PARTS = ['heads', 'sizes', 'end-to-end', 'times'] as const;
type Part = (typeof PARTS)[number];

interface Options {
  readonly data?: string;
  readonly weights?: string;
  readonly preprocessing: Preprocessing;
  readonly only?: string;
  readonly part?: Part;
  readonly out?: string;
  readonly quick?: boolean;
}

const say = (text: string): void => {
  console.log(text);
};

async function runHeads(entries: readonly TaskEntry[], plan: Plan, out: string): Promise<void> {
  for (const { load } of entries) {
    const task = await load();
    await runTask(task, plan, out, say);
    task.backbone.dispose();
  }
}

/** Trains and tests heads, in a part of the study. */
async function runPart(
  part: Part,
  entries: readonly TaskEntry[],
  plan: Plan,
  out: string,
): Promise<void> {
  if (part === 'heads') await runHeads(entries, plan, out);
  if (part === 'times') await runTimes(out, say);
  if (part === 'sizes') {
    const records = await Records.open<SizeRun>(join(out, 'sizes.json'), sizeName);
    for (const { name, loadAt } of entries) {
      if (loadAt) await runSizes(loadAt, name, plan, records, say);
    }
  }
  if (part === 'end-to-end') {
    const records = await Records.open<EndToEndRun>(join(out, 'end-to-end.json'), endToEndName);
    for (const { name, load, loadSmall } of entries) {
      if (END_TO_END.tasks.includes(name)) {
        await runEndToEnd(loadSmall ?? load, name, plan, records, say);
      }
    }
  }
}

/** The tasks that are asked for by their names. */
function chosen(all: readonly TaskEntry[], only: string | undefined): readonly TaskEntry[] {
  if (only === undefined) return all;
  const names = only.split(',');
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`--only: expected any of ${known.join(', ')}, got "${unknown}"`);
  }
  return all.filter(({ name }) => names.includes(name));
}

/** The parts that options ask for. */
function partsOf({ part, quick = false, weights }: Options): readonly Part[] {
  if (part !== undefined) return [part];
  if (quick) return ['heads'];
  return weights === undefined ? PARTS : PARTS.filter((each) => each !== 'end-to-end');
}

/** What a folder's results are of: others aren't mixed with them. */
async function factsOf({ weights, preprocessing }: Options, plan: Plan): Promise<Facts> {
  const { heads, sizes, conditions, hiddenUnits, changes } = plan;
  const planned = { heads, sizes, conditions, hiddenUnits, changes };
  if (weights === undefined) return { backbones: 'resnet-mini, MobileNet v1', ...planned };
  const isFile = await exists(weights);
  const sha256 =
    isFile &&
    createHash('sha256')
      .update(await readFile(weights))
      .digest('hex');
  return { backbones: basename(weights), ...(isFile && { sha256, preprocessing }), ...planned };
}

async function main(options: Options): Promise<void> {
  const { data, weights, preprocessing, only, quick = false } = options;
  if (weights !== undefined && options.part === 'end-to-end') {
    throw new Error('--part: expected another one with --weights, as end-to-end is on resnet-mini');
  }
  if (quick && options.part !== undefined && options.part !== 'heads') {
    throw new Error(`--part: expected heads, which is all that --quick runs, got ${options.part}`);
  }
  const name = ['study', quick && 'quick', weights !== undefined && basename(weights)];
  const out = options.out ?? join('.cache', name.filter(Boolean).join('-'));
  say(`backend: ${await useFastestBackend()}`);
  const entries = chosen(await tasksOf({ data, weights, preprocessing }), only);
  const plan = quick ? QUICK : FULL;
  await mkdir(out, { recursive: true });
  await withFolder(out, async () => {
    const hasResults = (await readdir(out)).some((each) => /\.(json|parquet)$/.test(each));
    await keepFacts(join(out, 'plan.json'), await factsOf(options, plan), hasResults);
    for (const part of partsOf(options)) await runPart(part, entries, plan, out);
    const study = await readStudy(out);
    await writeReport(study, out);
    say(await verdictsBeside(study));
  });
  say(`Tables: ${join(out, 'tables.md')}`);
}

const program = new Command('study')
  .description('Compares heads with and without global average pooling on frozen backbones.')
  .option(
    '--data <folder>',
    'a folder with mobilenet-base and any of cats-dogs, flowers, sign-digits, cifar10-train.zip',
  )
  .option('--weights <source>', "a file of a ResNet's weights, which is the backbone of all tasks")
  .addOption(
    new Option('--preprocessing <name>', 'how pictures are scaled for these weights')
      .choices(['caffe', 'torch', 'tf', 'none'])
      .default('caffe'),
  )
  .option('--only <names>', 'only these tasks, separated by commas')
  .addOption(new Option('--part <name>', 'only this part').choices(PARTS))
  .option('--out <folder>', 'folder for the results (default: ".cache/study")')
  .option(
    '--quick',
    'less than five minutes: fewer seeds, sizes and hidden units; frozen backbones only',
  )
  .action(main);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
