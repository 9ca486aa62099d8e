import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EndToEndRun } from './end-to-end.js';
import { readRecords } from './records.js';
import { keyOf, type Run } from './results.js';
import type { SizeRun } from './sizes.js';
import { filesOf, readFacts, readRuns } from './store.js';
import type { TaskResults } from './tables.js';
import type { MachineTimes } from './times.js';

/** Everything in a folder of results. */
export interface Study {
  readonly tasks: readonly TaskResults[];
  readonly sizes: readonly SizeRun[];
  readonly endToEnd: readonly EndToEndRun[];
  readonly times?: MachineTimes;
}

/** In the order of the page. */
const ORDER = ['cats-dogs', 'flowers', 'cifar-10', 'sign-digits', 'digits', 'sides'];

/** The runs of the seeds that are done: an interrupted study has one with fewer runs than the others. */
export function completeRuns(runs: readonly Run[]): Run[] {
  const count = (seed: number) => new Set(runs.filter((run) => run.seed === seed).map(keyOf)).size;
  const counts = new Map([...new Set(runs.map(({ seed }) => seed))].map((s) => [s, count(s)]));
  const whole = Math.max(0, ...counts.values());
  return runs.filter(({ seed }) => counts.get(seed) === whole);
}

async function readTask(folder: string, name: string): Promise<TaskResults> {
  const { runs, facts } = filesOf(folder, name);
  const pool = await readFacts(facts);
  return { name, title: pool.title, pool, runs: completeRuns(await readRuns(runs)) };
}

/** Reads a folder of results; what isn't there yet is left out. */
export async function readStudy(folder: string): Promise<Study> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => basename(name, '.parquet'))
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const tasks = await Promise.all(names.map((name) => readTask(folder, name)));
  const [times] = await readRecords<MachineTimes>(join(folder, 'times.json'));
  return {
    tasks: tasks.filter(({ runs }) => runs.length > 0),
    sizes: await readRecords<SizeRun>(join(folder, 'sizes.json')),
    endToEnd: await readRecords<EndToEndRun>(join(folder, 'end-to-end.json')),
    ...(times && { times }),
  };
}
