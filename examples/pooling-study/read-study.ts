import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EndToEndRun } from './end-to-end.js';
import { readJson } from './facts.js';
import { cellsOf, type Plan } from './protocol.js';
import { readRecords } from './records.js';
import { keyOf, type Run } from './results.js';
import type { SizeRun } from './sizes.js';
import { filesOf, readFacts, readRuns } from './store.js';
import type { TaskResults } from './tables.js';
import { type MachineTimes, readTimes } from './times.js';

/** Everything in a folder of results. */
export interface Study {
  readonly tasks: readonly TaskResults[];
  readonly sizes: readonly SizeRun[];
  readonly endToEnd: readonly EndToEndRun[];
  readonly times?: MachineTimes;
}

/** In the order of the page. */
const ORDER = ['cats-dogs', 'flowers', 'cifar-10', 'sign-digits', 'digits', 'sides'];

/** What plan.json has of a plan. */
export type PlanFacts = Omit<Plan, 'seeds'>;

/** The runs of the seeds that are done: an interrupted study has one of which runs are missing. */
export function completeRuns(runs: readonly Run[], plan: PlanFacts, trainPerClass: number): Run[] {
  const whole = plan.heads.length * cellsOf({ ...plan, seeds: [0] }, trainPerClass).length;
  const count = (seed: number) => new Set(runs.filter((run) => run.seed === seed).map(keyOf)).size;
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const complete = new Set(seeds.filter((seed) => count(seed) === whole));
  return runs.filter(({ seed }) => complete.has(seed));
}

async function readTask(folder: string, name: string, plan: PlanFacts): Promise<TaskResults> {
  const { runs: file, facts } = filesOf(folder, name);
  const pool = await readFacts(facts);
  const all = await readRuns(file);
  const other = all.find(({ task }) => task !== name);
  if (other) throw new Error(`${file}: expected runs of ${name}, got runs of ${other.task}`);
  const runs = completeRuns(all, plan, pool.trainPerClass);
  return { name, title: pool.title, pool, runs };
}

/** Reads a folder of results; what isn't there yet is left out. */
export async function readStudy(folder: string): Promise<Study> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => basename(name, '.parquet'))
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const plan = await readJson<PlanFacts>(join(folder, 'plan.json'));
  const tasks = await Promise.all(names.map((name) => readTask(folder, name, plan)));
  const times = await readTimes(folder);
  return {
    tasks: tasks.filter(({ runs }) => runs.length > 0),
    sizes: await readRecords<SizeRun>(join(folder, 'sizes.json')),
    endToEnd: await readRecords<EndToEndRun>(join(folder, 'end-to-end.json')),
    ...(times && { times }),
  };
}
