/**
 * How does global average pooling affect a ResNet's performance? Trains heads with and without it on frozen backbones, and
 * measures what changes. PROTOCOL.md says what was fixed before the first run.
 *
 *     npx tsx examples/pooling-study/main.ts
 *     npx tsx examples/pooling-study/main.ts --data FOLDER
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { useFastestBackend } from 'resnet-heads';
import { runEndToEnd } from './end-to-end.js';
import { FULL, type Plan, QUICK } from './protocol.js';
import { runSizes } from './sizes.js';
import { runTask } from './study.js';
import { type TaskEntry, tasksOf } from './tasks/tasks.js';

const PARTS = ['heads', 'sizes', 'end-to-end'] as const;

interface Options {
  readonly data?: string;
  readonly weights?: string;
  readonly only?: string;
  readonly part?: (typeof PARTS)[number];
  readonly out: string;
  readonly quick?: boolean;
}

/** The tasks on which the backbone is trained with the head, and the number of seeds. */
const END_TO_END = { tasks: ['digits', 'flowers'], seeds: 5 };

const say = (text: string): void => {
  console.log(text);
};

/** Trains and tests heads, in a part of the study. */
async function runPart(
  part: (typeof PARTS)[number],
  entries: readonly TaskEntry[],
  plan: Plan,
  out: string,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const runs: unknown[] = [];
  for (const { name, load, loadAt, loadSmall } of entries) {
    if (part === 'heads') {
      const task = await load();
      await runTask(task, plan, out, say);
      task.backbone.dispose();
    } else if (part === 'sizes' && loadAt) {
      runs.push(...(await runSizes(loadAt, plan, say)));
    } else if (part === 'end-to-end' && END_TO_END.tasks.includes(name)) {
      const task = await (loadSmall ?? load)();
      const seeds = plan.seeds.slice(0, END_TO_END.seeds);
      runs.push(...(await runEndToEnd(task, { ...plan, seeds }, say)));
      task.backbone.dispose();
    }
  }
  if (part !== 'heads') await writeFile(join(out, `${part}.json`), `${JSON.stringify(runs)}\n`);
}

async function main({ data, weights, only, part, out, quick = false }: Options): Promise<void> {
  say(`backend: ${await useFastestBackend()}`);
  const all = await tasksOf({ data, weights });
  const wanted = all.filter(({ name }) => only === undefined || only.split(',').includes(name));
  for (const each of part === undefined ? PARTS : [part]) {
    await runPart(each, wanted, quick ? QUICK : FULL, out);
  }
}

const program = new Command('main.ts')
  .description('Compares heads with and without global average pooling on frozen backbones.')
  .option(
    '--data <folder>',
    'a folder with mobilenet-base and any of cats-dogs, flowers, sign-digits, cifar10-train.zip',
  )
  .option('--weights <file>', 'weights of a ResNet-50, which is then the backbone of all tasks')
  .option('--only <names>', 'only these tasks, separated by commas')
  .addOption(new Option('--part <name>', 'only this part').choices(PARTS))
  .option('--out <folder>', 'folder for the results', join('.cache', 'pooling-study'))
  .option('--quick', 'fewer seeds, sizes and hidden units')
  .action(main);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
