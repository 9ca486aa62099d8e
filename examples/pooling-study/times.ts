import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from '../../bench/versions.js';
import type { StudyHead } from './heads.js';
import { readRecords, Records } from './records.js';

/** Those that run in Node. */
const BACKENDS = ['tensorflow', 'wasm'] as const;

/**
 * The orders in which rounds measure heads: a machine's speed drifts, so heads take turns, and are compared within each round. Each head is
 * as often at each place and as often after each other head (E. J. Williams, Aust. J. Sci. Res. 2, 1949).
 */
export function roundsOf<T>(heads: readonly T[]): T[][] {
  const first = heads.map((_, i) => (i % 2 === 0 ? -i / 2 : (i + 1) / 2));
  const at = (place: number) => heads.at(place % heads.length) as T;
  const orders = heads.map((_, shift) => first.map((place) => at(place + shift)));
  // With an odd number of heads, the reversed orders are needed, too.
  return [...orders, ...orders.map((order) => [...order].reverse())];
}

/** Milliseconds in each round; empty if the backend has too little memory. */
export interface HeadRounds {
  readonly head: StudyHead;
  readonly predictMs: number[];
  readonly trainStepMs: number[];
}

/** The times of heads on a backend, under a ResNet-50 on an engine. */
export interface BackendTimes {
  readonly backend: string;
  /** The library that ran the ResNet-50. */
  readonly engine: string;
  readonly heads: readonly HeadRounds[];
}

/** What was measured, and on what. */
export interface MachineTimes {
  readonly machine: string;
  readonly measured: readonly BackendTimes[];
}

const FILE = 'times.json';

const isRounds = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isFinite);

/** Whether all heads of a backend have as many rounds, or none for want of memory. */
function isWhole({ heads = [] }: Partial<BackendTimes>): boolean {
  const lists: unknown[] = heads.flatMap(({ predictMs, trainStepMs }) => [predictMs, trainStepMs]);
  const lengths = new Set(lists.map((each) => (isRounds(each) ? each.length : NaN)));
  lengths.delete(0);
  return lengths.size === 1 && !lengths.has(NaN);
}

/**
 * Reads the times in a folder; undefined if there are none.
 *
 * @throws Error if heads don't have the same number of rounds
 */
export async function readTimes(folder: string): Promise<MachineTimes | undefined> {
  const file = join(folder, FILE);
  const [times] = await readRecords<Partial<MachineTimes> | null>(file);
  if (times === undefined) return undefined;
  const measured: unknown = times?.measured;
  if (Array.isArray(measured) && (measured as Partial<BackendTimes>[]).every(isWhole)) {
    return times as MachineTimes;
  }
  throw new Error(
    `${file}: expected times of as many rounds for each head; remove it to measure them again`,
  );
}

/** Measures what heads on a ResNet-50 take to predict and to train, with each backend in a process of its own; needs an idle machine. */
export async function runTimes(folder: string, say: (line: string) => void): Promise<void> {
  if (await readTimes(folder)) {
    say('times: done');
    return;
  }
  const records = await Records.open<MachineTimes>(join(folder, FILE), () => 'times');
  const script = fileURLToPath(new URL('measure-times.ts', import.meta.url));
  const measured = BACKENDS.map((backend) => {
    say(`times: ${backend}`);
    const args = ['--import', 'tsx', script, backend];
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio] });
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as BackendTimes;
  });
  await records.add({ machine: machine(), measured });
}
