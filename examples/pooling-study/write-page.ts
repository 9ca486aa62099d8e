/**
 * Writes results/tables.md and the figure from the results.
 *
 *     npx tsx examples/pooling-study/write-page.ts
 */
import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawDifferences } from './figures.js';
import { allTables } from './page.js';
import { readFacts, readRuns } from './store.js';
import { filesOf } from './study.js';
import type { TaskResults } from './tables.js';
import { writeFormatted } from './write-formatted.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'results');

/** In the order of the page. */
const ORDER = ['cats-dogs', 'flowers', 'cifar-10', 'sign-digits', 'digits', 'sides'];

async function readTask(name: string): Promise<TaskResults> {
  const { runs, facts } = filesOf(folder, name);
  const pool = await readFacts(facts);
  return { name, title: pool.title, pool, runs: await readRuns(runs) };
}

const names = (await readdir(folder))
  .filter((name) => name.endsWith('.parquet'))
  .map((name) => basename(name, '.parquet'))
  .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
const tasks = await Promise.all(names.map(readTask));
const tables = join(folder, 'tables.md');
await writeFormatted(tables, allTables(tasks));
for (const theme of ['light', 'dark'] as const) {
  await writeFile(join(folder, `differences-${theme}.svg`), await drawDifferences(tasks, theme));
}
