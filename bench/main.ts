/**
 * Times this package beside what one would use otherwise, in turns, and prints ratios of medians.
 *
 *     npm run bench
 *     npm run bench -- --filter plan --json
 */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-node';
import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { casesWith } from './cases.js';
import { startKeras } from './keras.js';
import { measure, type Ratio } from './measure.js';

interface Options {
  readonly filter: string;
  readonly json?: boolean;
}

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

function table(ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ case: name, subject, peer, ratio, subjectMs, peerMs }) => [
    ...[name, subject, peer, figures.format(ratio)],
    ...[`${figures.format(subjectMs)} ms`, `${figures.format(peerMs)} ms`],
  ]);
  return markdownTable([['case', 'subject', 'peer', 'ratio', 'subject', 'peer'], ...rows], {
    align: ['l', 'l', 'l', 'r', 'r', 'r'],
  });
}

const program = new Command('npm run bench --')
  .description('Times this package beside what one would use otherwise.')
  .option('--filter <name>', 'only cases whose name contains this', '')
  .option('--json', 'an array of { case, subject, peer, ratio, subjectMs, peerMs }')
  .action(async ({ filter, json }: Options) => {
    await tf.ready();
    const keras = startKeras();
    try {
      const ratios: Ratio[] = [];
      for (const each of casesWith(keras)) {
        if (each.name.includes(filter)) ratios.push(...(await measure(each)));
      }
      console.log(json === true ? JSON.stringify(ratios, null, 2) : table(ratios));
    } finally {
      keras.close();
    }
  });

await program.parseAsync();
