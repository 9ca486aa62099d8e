/**
 * Times this package beside what one would use otherwise, in turns, and prints ratios of medians.
 *
 *     npm run bench
 *     npm run bench -- --filter plan --json
 *     npm run bench -- --part heads --write
 */
import { Command, Option } from 'commander';
import { type Part, parts } from './cases.js';
import { measure, type MemoryRatio, type Ratio } from './measure.js';
import { writePage } from './page.js';
import { Workers } from './processes.js';
import { memoryTable, timeTable } from './tables.js';
import { versions } from './versions.js';

interface Options {
  readonly part?: Part;
  readonly filter: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

/** What is written replaces a whole part. */
function requirePart(part: Part | undefined, filter: string): Part {
  if (part !== undefined && filter === '') return part;
  throw new Error('--write: expected --part and no --filter, as it replaces the figures of a part');
}

const program = new Command('npm run bench --')
  .description('Times this package beside what one would use otherwise.')
  .addOption(new Option('--part <name>', 'only cases of one part').choices(Object.keys(parts)))
  .option('--filter <name>', 'only cases whose name contains this', '')
  .option('--json', 'an array of { case, subject, peer, ratio, subjectMs, peerMs }')
  .option('--write', 'into docs/benchmarks.md, with charts; requires a whole part')
  .action(async ({ part, filter, json, write }: Options) => {
    const cases = part === undefined ? Object.values(parts).flat() : parts[part];
    const chosen = cases.filter(({ name }) => name.includes(filter));
    if (chosen.length === 0) {
      const names = cases.map(({ name }) => name).join(', ');
      throw new Error(`--filter: expected a part of one of ${names}, got ${filter}`);
    }
    const written = write === true ? requirePart(part, filter) : undefined;
    const workers = new Workers();
    try {
      const [times, peaks]: [Ratio[], MemoryRatio[]] = [[], []];
      for (const each of chosen) {
        console.error(each.name);
        const measured = await measure(each, workers);
        times.push(...measured.times);
        peaks.push(...measured.peaks);
        // At once, so that a case that fails doesn't lose those before it.
        console.error([timeTable(measured.times), memoryTable(measured.peaks)].join('\n'));
      }
      if (written) await writePage(written, { times, peaks }, await versions(workers));
      if (json === true) console.log(JSON.stringify(times, null, 2));
      else console.log([timeTable(times), memoryTable(peaks)].filter(Boolean).join('\n\n'));
    } finally {
      workers.close();
    }
  });

await program.parseAsync();
