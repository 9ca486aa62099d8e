import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { python } from '../scripts/shared/python.mjs';
import type { Contestant, WorkerName } from './case.js';

const WORKERS = join(dirname(fileURLToPath(import.meta.url)), 'workers');

/** What a worker answers to a line with a name and a number of runs. */
interface Answer {
  /** Of each run, in milliseconds. */
  readonly ms: readonly number[];
  /** The most memory that was resident since the process began, in bytes. */
  readonly peakBytes: number;
}

/** A process that times itself: a line in, a line out. */
export interface Worker {
  readonly time: (contestant: Contestant) => Promise<Answer>;
  readonly ask: <T>(question: string) => Promise<T>;
  readonly close: () => void;
}

/** @param folder for files that workers share */
export function startWorker(name: WorkerName, folder: string): Worker {
  const tsx = [process.execPath, '--import', 'tsx'] as const;
  const command: readonly [string, ...string[]] =
    name === 'python'
      ? [python(), join(WORKERS, 'python.py')]
      : name === 'chromium'
        ? [...tsx, join(WORKERS, 'chromium.ts')]
        : [...tsx, join(WORKERS, 'main.ts'), name];
  const [program, ...args] = command;
  // TensorFlow's greetings say nothing that a table needs.
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const child = spawn(program, [...args, folder], { env });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(question: string): Promise<T> => {
    child.stdin.write(`${question}\n`);
    for (;;) {
      const line = await lines.next();
      if (line.done === true) {
        throw new Error(`bench/workers: ${name} ended at ${question}:\n${complaints}`);
      }
      // TensorFlow.js greets on standard output.
      if (line.value.startsWith('{')) return JSON.parse(line.value) as T;
    }
  };
  return {
    ask,
    time: ({ work, runs = 1 }) => ask(`${work} ${runs}`),
    close: () => child.stdin.end(),
  };
}

/** Workers, each started when it is needed first, and the folder that they share. */
export class Workers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'resnet-heads-bench-'));
  readonly #running = new Map<WorkerName, Worker>();

  get(name: WorkerName): Worker {
    const running = this.#running.get(name) ?? startWorker(name, this.#folder);
    this.#running.set(name, running);
    return running;
  }

  time(contestant: Contestant): Promise<Answer> {
    return this.get(contestant.worker).time(contestant);
  }

  /** The peak of a new process that does this twice and nothing else. */
  async peakBytes(contestant: Contestant): Promise<number> {
    const worker = startWorker(contestant.worker, this.#folder);
    try {
      const { peakBytes } = await worker.time({ ...contestant, runs: 2 });
      return peakBytes;
    } finally {
      worker.close();
    }
  }

  close(): void {
    for (const worker of this.#running.values()) worker.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
