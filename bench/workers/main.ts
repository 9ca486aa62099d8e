/**
 * Runs what is timed and answers how long it took: a line `<work> <runs>` in, a line of JSON out. Its arguments are
 * the backend, `node` or `wasm`, and a folder for files that workers share.
 */
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { Bench } from 'tinybench';
import { building } from './building.js';
import { extraction } from './extraction.js';
import { heads } from './heads.js';
import { inference, inferenceOnWasm } from './inference.js';
import { pageFiles } from './page-files.js';
import { shards } from './shards.js';
import { training } from './training.js';
import { weights } from './weights.js';
import type { Preparation, Work } from './work.js';

const [backend = '', folder = ''] = process.argv.slice(2);
const PREPARATIONS: Readonly<Record<string, Readonly<Record<string, Preparation>>>> = {
  node: {
    ...building,
    ...inference,
    ...weights,
    ...extraction,
    ...training,
    ...heads,
    ...pageFiles,
  },
  wasm: { ...inferenceOnWasm, ...extraction, ...shards, ...heads },
};
const preparations = PREPARATIONS[backend];
if (preparations === undefined) throw new Error(`backend: expected node or wasm, got ${backend}`);
await (backend === 'node'
  ? import('@tensorflow/tfjs-node')
  : import('@tensorflow/tfjs-backend-wasm'));
await tf.setBackend(backend === 'node' ? 'tensorflow' : 'wasm');

const BYTES_PER_KB = 1024;

/** Linux alone tells it. */
function peakBytes(): number {
  const path = '/proc/self/status';
  if (!existsSync(path)) return NaN;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8')) ?? [];
  return Number(kilobytes) * BYTES_PER_KB;
}

const prepared = new Map<string, Work>();

async function workOf(name: string): Promise<Work> {
  const prepare = preparations?.[name];
  if (prepare === undefined) throw new Error(`bench/workers: expected a work, got ${name}`);
  const work = prepared.get(name) ?? (await prepare(folder));
  prepared.set(name, work);
  return work;
}

async function time(name: string, runs: number): Promise<readonly number[]> {
  const work = await workOf(name);
  const bench = new Bench({ iterations: runs, time: 0, warmup: false, retainSamples: true });
  bench.add(name, async () => {
    await work();
  });
  const [task] = await bench.run();
  const result = task?.result;
  if (result === undefined || !('latency' in result)) {
    const cause = result && 'error' in result ? result.error : undefined;
    throw new Error(`${name} didn't run: ${String(cause)}`, { cause });
  }
  return result.latency.samples ?? [];
}

const binding = (): string => {
  const { binding: native } = tf.backend() as { binding?: { TF_Version?: string } };
  return native?.TF_Version ?? '';
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', runs] = line.split(' ');
  const answer =
    name === 'versions'
      ? { node: process.versions.node, tensorflow: binding(), processor: cpus()[0]?.model ?? '' }
      : { ms: await time(name, Number(runs)), peakBytes: peakBytes() };
  console.log(JSON.stringify(answer));
}
