/**
 * How does global average pooling affect a ResNet's performance? Compares heads with and without it on one frozen
 * backbone: costs, accuracy with few and with more pictures, and robustness to shifts.
 *
 *     npm run study
 *     npm run study -- --data FOLDER --base FOLDER_WITH_MODEL_JSON
 *     npm run study -- --quick
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import { useFastestBackend } from 'resnet-heads';
import { drawFigures } from './figures.js';
import { FULL, QUICK } from './protocols.js';
import { study } from './study.js';
import { accuracyTable, contractTable, costTable, differenceTable, tuningTable } from './tables.js';
import { digitsTask, folderTask, FULL_DIGITS, QUICK_DIGITS } from './tasks.js';
import { writeFigures, writeResults } from './write.js';

interface Options {
  readonly data?: string;
  readonly base?: string;
  readonly out: string;
  readonly quick?: boolean;
}

const ROUNDS = 5;
const say = (text: string): void => {
  console.log(text);
};

async function prepare({ data, base, quick }: Options) {
  if ((data === undefined) !== (base === undefined)) {
    throw new Error(
      '--data and --base: expected both or neither, got one; omit both to use digits',
    );
  }
  if (data !== undefined && base !== undefined) return folderTask(data, base);
  return digitsTask(quick === true ? QUICK_DIGITS : FULL_DIGITS);
}

async function main(options: Options): Promise<void> {
  const { out, quick = false } = options;
  const backend = await useFastestBackend();
  say(`ResNet-50, 224 × 224, 10 classes, counted:\n\n${contractTable()}\n`);
  const task = await prepare(options);
  say(`${task.title}; base: ${task.description}; backend: ${backend}`);
  const results = await study(task, quick ? QUICK : FULL, quick ? 1 : ROUNDS, say);
  for (const each of [
    ...[costTable(results), accuracyTable(results)],
    ...[differenceTable(results, 'accuracy'), differenceTable(results, 'loss by shift')],
    tuningTable(results),
  ]) {
    say(`\n${each}`);
  }
  await mkdir(out, { recursive: true });
  const file = join(out, `${task.name}.json`);
  await writeResults(file, results);
  await writeFigures(out, await drawFigures([results]));
  task.backbone.dispose();
  tf.dispose([task.pool.values, ...[...task.test.values()].map(({ values }) => values)]);
  say(`\nResults are in ${file}, figures in the same folder.`);
}

const program = new Command('npm run study --')
  .description('Compares heads with and without global average pooling on one frozen backbone.')
  .option(
    '--data <folder>',
    'your own pictures, one subfolder per class (default: handwritten digits)',
  )
  .option('--base <folder>', 'a TF.js layers model with one output [b, h, w, c]')
  .option('--out <folder>', 'folder for results and figures', join('.cache', 'study'))
  .option('--quick', 'a check that it runs, with few pictures and small heads')
  .action(main);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
