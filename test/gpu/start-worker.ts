import { fork } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cudaFolders } from '../../scripts/native/cuda.mjs';
import { VARIANTS } from '../../scripts/native/variants.mjs';
import type { Subject } from './subjects';
import type { ScaleName } from './workloads';
import type { Answers, Tasks } from './worker';

export interface Worker {
  readonly subject: Subject;
  readonly ask: <T extends keyof Tasks>(
    task: T,
    ...args: Parameters<Tasks[T]>
  ) => Promise<Answers[T]>;
  readonly close: () => void;
}

type Reply = { readonly value: unknown } | { readonly error: string };

/** The script as it lies beside this one: TypeScript here, JavaScript in the archive. */
const SCRIPT = fileURLToPath(new URL(`worker${extname(import.meta.url)}`, import.meta.url));

/**
 * Starts a process that loads a subject, with the CUDA libraries at hand; it is asked one thing at a time.
 *
 * @param pictures a folder of JPEG files
 */
export function startWorker(subject: Subject, scale: ScaleName, pictures: string): Worker {
  // An empty part would stand for the working directory.
  const path = [...cudaFolders(VARIANTS.gpu.version), process.env['LD_LIBRARY_PATH']].filter(
    Boolean,
  );
  const child = fork(SCRIPT, [subject.name, scale, pictures], {
    serialization: 'advanced',
    // What it prints goes where progress goes.
    stdio: ['ignore', 2, 2, 'ipc'],
    env: {
      TF_CPP_MIN_LOG_LEVEL: '2',
      // Two of them share a GPU, whose memory TensorFlow would otherwise take at once.
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      ...process.env,
      LD_LIBRARY_PATH: path.join(delimiter),
      ...subject.env,
    },
  });
  const ended = once(child, 'exit').then(([code, signal]: (string | number | null)[]) => {
    throw new Error(`${subject.name}: the process ended with ${signal ?? code ?? 'nothing'}`);
  });
  ended.catch(() => undefined);
  return {
    subject,
    async ask<T extends keyof Tasks>(task: T, ...args: Parameters<Tasks[T]>) {
      child.send([task, ...args]);
      const [reply] = (await Promise.race([once(child, 'message'), ended])) as [Reply];
      if ('error' in reply) throw new Error(reply.error);
      return reply.value as Answers[T];
    },
    close: () => child.kill(),
  };
}
