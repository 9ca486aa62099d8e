import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { medianTimes } from '../../bench/measure';
import { drawPictures } from '../../bench/workers/pictures';
import { Check, type Result } from '../backends/conformance/case';
import { startWorker, type Worker } from './start-worker';
import { type Subject, SUBJECTS } from './subjects';
import { type ScaleName, SCALES } from './workloads';

/** One subject's features against the reference's. */
export interface Comparison {
  readonly subject: string;
  readonly maxError: number | undefined;
  /** Absent where the error is only stated. */
  readonly tolerance?: number;
  readonly ok: boolean;
}

export interface Timing {
  readonly workload: string;
  /** In one step; absent where a step isn't counted in pictures. */
  readonly pictures?: number;
  /** Medians, by subject. */
  readonly ms: Readonly<Partial<Record<string, number>>>;
}

/** How a subject fared. */
export interface Examined {
  readonly subject: string;
  /** What it says of its device. */
  readonly device: string;
  /** Why it wasn't examined; absent where it was. */
  readonly missing?: string;
  /** Of the card, which it took for all that was timed. */
  readonly memoryMB?: number;
  readonly conformance: readonly Result[];
}

export interface Report {
  readonly gpus: readonly string[];
  readonly processor: string;
  readonly subjects: readonly Examined[];
  readonly comparisons: readonly Comparison[];
  readonly timings: readonly Timing[];
}

function compare(
  { name, tolerance }: Subject,
  received: Float32Array,
  expected: Float32Array,
): Comparison {
  const check = new Check(tolerance ?? Infinity);
  const held = tolerance === undefined ? {} : { tolerance };
  try {
    check.close(received, expected);
    return { subject: name, maxError: check.maxError, ...held, ok: true };
  } catch {
    return { subject: name, maxError: check.maxError, ...held, ok: false };
  }
}

/** Of all processes on the first card, by nvidia-smi; nothing where it isn't there. */
function usedMB(): number | undefined {
  try {
    const args = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
    const [first = ''] = execFileSync('nvidia-smi', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).split('\n');
    return Number(first);
  } catch {
    return undefined;
  }
}

/** Runs each workload once: what is compiled at first isn't timed, and the card's memory is taken. */
async function warmUp({ ask }: Worker): Promise<number | undefined> {
  const before = usedMB();
  for (const { workload } of await ask('workloads')) await ask('time', workload);
  const after = usedMB();
  return before === undefined || after === undefined ? undefined : after - before;
}

async function timeAll(workers: readonly Worker[], rounds: number): Promise<Timing[]> {
  const all = new Map<string, { pictures?: number; workers: Worker[] }>();
  for (const worker of workers) {
    for (const { workload, pictures } of await worker.ask('workloads')) {
      const known = all.get(workload) ?? { ...(pictures && { pictures }), workers: [] };
      known.workers.push(worker);
      all.set(workload, known);
    }
  }
  const timings: Timing[] = [];
  for (const [workload, { workers: able, ...rest }] of all) {
    console.error(`  ${workload}`);
    const medians = await medianTimes(
      able.map(({ ask }) => async () => [await ask('time', workload)]),
      rounds,
    );
    const ms = Object.fromEntries(able.map(({ subject }, i) => [subject.name, medians[i]]));
    timings.push({ workload, ...rest, ms });
  }
  return timings;
}

export interface Examination {
  /** Names; with none, what runs is a driver's software renderer, or the CPU. */
  readonly gpus: readonly string[];
  readonly scale: ScaleName;
  /** Subjects that can't be examined, with the reason. */
  readonly missing: ReadonlyMap<string, string>;
}

/**
 * Starts each subject, runs the conformance cases where it has a backend for them, compares its features with the
 * reference's, and times all of them in turns.
 */
export async function examine({ gpus, scale, missing }: Examination): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-gpu-'));
  const workers: Worker[] = [];
  const subjects: Examined[] = [];
  const comparisons: Comparison[] = [];
  try {
    await drawPictures(folder, SCALES[scale].pictures);
    let expected: Float32Array | undefined;
    for (const subject of SUBJECTS) {
      const { name, backend } = subject;
      const none = { subject: name, device: '', conformance: [] };
      const reason = missing.get(name);
      if (reason !== undefined) {
        subjects.push({ ...none, missing: reason });
        continue;
      }
      console.error(name);
      const worker = startWorker(subject, scale, folder);
      try {
        const device = await worker.ask('device');
        const conformance = backend === 'cpu' ? [] : await worker.ask('conformance');
        const answer = await worker.ask('answer');
        if (expected === undefined) expected = answer;
        else comparisons.push(compare(subject, answer, expected));
        const memoryMB = await warmUp(worker);
        workers.push(worker);
        subjects.push({
          ...{ subject: name, device, conformance },
          ...(subject.usesGpu && memoryMB !== undefined && { memoryMB }),
        });
      } catch (error) {
        worker.close();
        const { message } = error as Error;
        console.error(`  ${message}`);
        subjects.push({ ...none, missing: message });
      }
    }
    console.error('timing');
    const timings = await timeAll(workers, SCALES[scale].rounds);
    const processor = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'unknown'}`;
    return { gpus, processor, subjects, comparisons, timings };
  } finally {
    for (const worker of workers) worker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
