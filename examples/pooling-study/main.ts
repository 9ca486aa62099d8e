/**
 * How does global average pooling affect a ResNet's performance? Trains heads with and without it on frozen backbones, and
 * measures what changes. docs/study.md has the results, PROTOCOL.md what was fixed before them.
 *
 *     npm run study
 *     npm run study -- --data FOLDER
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { useFastestBackend } from 'resnet-heads';
import { FULL, QUICK } from './protocol.js';
import { runTask } from './study.js';
import { tasksOf } from './tasks/tasks.js';

interface Options {
  readonly data?: string;
  readonly weights?: string;
  readonly only?: string;
  readonly out: string;
  readonly quick?: boolean;
}

const say = (text: string): void => {
  console.log(text);
};

async function main({ data, weights, only, out, quick = false }: Options): Promise<void> {
  say(`backend: ${await useFastestBackend()}`);
  for (const { name, load } of await tasksOf({ data, weights })) {
    if (only !== undefined && !only.split(',').includes(name)) continue;
    const task = await load();
    await runTask(task, quick ? QUICK : FULL, out, say);
    task.backbone.dispose();
  }
}

const program = new Command('npm run study --')
  .description('Compares heads with and without global average pooling on frozen backbones.')
  .option('--data <folder>', 'photographs and a backbone, as docs/study.md describes')
  .option('--weights <file>', 'weights of a ResNet-50, which is then the backbone of all tasks')
  .option('--only <names>', 'only these tasks, separated by commas')
  .option('--out <folder>', 'folder for the results', join('.cache', 'pooling-study'))
  .option('--quick', 'fewer seeds, sizes and hidden units')
  .action(main);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
