import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from '../../bench/versions.js';
import type { StudyHead } from './heads.js';
import { Records } from './records.js';

/** Those that run in Node. */
const BACKENDS = ['tensorflow', 'wasm'] as const;

/** How often each head is measured. A machine's speed drifts, so heads take turns, and are compared within each round. */
export const ROUNDS = 10;

/** Milliseconds in each round; empty if the backend has too little memory. */
export interface HeadRounds {
  readonly head: StudyHead;
  readonly predictMs: number[];
  readonly trainStepMs: number[];
}

/** The times of heads on a ResNet-50, on one backend. */
export interface BackendTimes {
  readonly backend: string;
  readonly heads: readonly HeadRounds[];
}

/** What was measured, and on what. */
export interface MachineTimes {
  readonly machine: string;
  readonly measured: readonly BackendTimes[];
}

/** Measures what heads on a ResNet-50 take to predict and to train, with each backend in a process of its own; needs an idle machine. */
export async function runTimes(folder: string, say: (line: string) => void): Promise<void> {
  const records = await Records.open<MachineTimes>(join(folder, 'times.json'), () => 'times');
  if (records.has('times')) {
    say('times: done');
    return;
  }
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
