/**
 * Packs the package, installs it as its users would, and uses it there: on each Node, with each
 * TypeScript, through each bundler in a browser.
 *
 *     npm run test:matrix
 *     npm run test:matrix -- --filter 'Node 24' --json
 *     npm run test:matrix -- --write
 *
 * Needs a build, what scripts/native/setup.mjs needs, and Chromium (scripts/chromium/find.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { bundlerRows } from './bundler-rows.js';
import { stopping } from './command.js';
import { table, writePage } from './compatibility.js';
import { Consumers } from './consumers.js';
import { nodeRows } from './node-rows.js';
import { type Result, runRows } from './rows.js';
import { typescriptRows } from './typescript-rows.js';

interface Options {
  readonly filter: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

function tell({ row, version, outcome, seconds, error }: Result): void {
  // Not among what --json prints.
  const of = version === '' ? row : `${row} (${version})`;
  console.error(`${of}: ${outcome}, ${seconds.toFixed(1)} s`);
  if (error !== undefined) console.error(error.replaceAll(/^/gm, '    '));
}

async function main({ filter, json, write }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-matrix-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  // By itself a signal would end the process without that event.
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  const consumers = new Consumers(folder);
  // The longest first, beside which the others run.
  const all = [...bundlerRows(consumers), ...nodeRows(consumers), ...typescriptRows(consumers)];
  const rows = all.filter(({ name }) => name.includes(filter));
  if (rows.length === 0)
    program.error(`--filter: expected a part of a row's name, got "${filter}"`);
  const results = await runRows(rows, tell, stopping.signal);

  console.log(json === true ? JSON.stringify(results, null, 2) : `\n${table(results)}\n`);
  if (write === true) await writePage(results);
  const failed = results.filter(({ passed }) => !passed).length;
  console.error(`${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

const program = new Command('npm run test:matrix --')
  .description('Uses the packed package wherever its users run it.')
  .option('--filter <name>', 'only rows whose name contains this', '')
  .option('--json', 'an array of { row, version, passed, outcome, seconds, error }')
  .addOption(
    // A page of some rows would pass for one of all.
    new Option('--write', 'writes docs/compatibility.md').conflicts('filter'),
  )
  .action(main);

await program.parseAsync();
