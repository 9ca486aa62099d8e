/**
 * Times this package beside what one would use otherwise, in turns, and prints ratios of medians.
 *
 *     npm run bench
 *     npm run bench -- --filter plan --json
 *     npm run bench -- --write
 */
import { Command } from 'commander';
import { cases } from './cases.js';
import { measure, type MemoryRatio, type Ratio } from './measure.js';
import { requireWhole, writePage } from './page.js';
import { Workers } from './processes.js';
import { memoryTable, timeTable } from './tables.js';
import { versions } from './versions.js';

interface Options {
  readonly filter: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

const program = new Command('npm run bench --')
  .description('Times this package beside what one would use otherwise.')
  .option('--filter <name>', 'only cases whose name contains this', '')
  .option('--json', 'an array of { case, subject, peer, ratio, subjectMs, peerMs }')
  .option('--write', 'into docs/benchmarks.md, with charts')
  .action(async ({ filter, json, write }: Options) => {
    const chosen = cases.filter(({ name }) => name.includes(filter));
    if (chosen.length === 0) {
      const names = cases.map(({ name }) => name).join(', ');
      throw new Error(`--filter: expected a part of one of ${names}, got ${filter}`);
    }
    if (write === true) requireWhole(chosen);
    const workers = new Workers();
    try {
      const [times, peaks]: [Ratio[], MemoryRatio[]] = [[], []];
      for (const each of chosen) {
        console.error(each.name);
        const measured = await measure(each, workers);
        times.push(...measured.times);
        peaks.push(...measured.peaks);
      }
      if (write === true) await writePage({ times, peaks }, await versions(workers));
      if (json === true) console.log(JSON.stringify(times, null, 2));
      else console.log([timeTable(times), memoryTable(peaks)].filter(Boolean).join('\n\n'));
    } finally {
      workers.close();
    }
  });

await program.parseAsync();
