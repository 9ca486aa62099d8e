import { fork } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cudaFolders } from '../../scripts/native/cuda.mjs';
import { VARIANTS } from '../../scripts/native/variants.mjs';
import type { Answers, Tasks } from './worker';

/**
 * TensorFlow lets products and convolutions run in TF32, of 10 bits of mantissa, where a GPU has it (its page on
 * `enable_tensor_float_32_execution`, which is for Python alone); this variable forbids it to NVIDIA's libraries.
 */
const DEVICES = {
  GPU: { NVIDIA_TF32_OVERRIDE: undefined },
  'GPU without TF32': { NVIDIA_TF32_OVERRIDE: '0' },
  CPU: { CUDA_VISIBLE_DEVICES: '-1' },
} as const;

export type Device = keyof typeof DEVICES;

export interface Worker {
  readonly device: Device;
  readonly ask: <T extends keyof Tasks>(
    task: T,
    ...args: Parameters<Tasks[T]>
  ) => Promise<Answers[T]>;
  readonly close: () => void;
}

type Reply = { readonly value: unknown } | { readonly error: string };

/** Starts a process that loads tfjs-node-gpu with the CUDA libraries at hand; it is asked one thing at a time. */
export function startWorker(device: Device): Worker {
  // An empty part would stand for the working directory.
  const path = [...cudaFolders(VARIANTS.gpu.version), process.env['LD_LIBRARY_PATH']].filter(
    Boolean,
  );
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), {
    serialization: 'advanced',
    // What it prints goes where progress goes.
    stdio: ['ignore', 2, 2, 'ipc'],
    env: {
      TF_CPP_MIN_LOG_LEVEL: '2',
      // Two of them share a GPU, whose memory TensorFlow would otherwise take at once.
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      ...process.env,
      LD_LIBRARY_PATH: path.join(delimiter),
      ...DEVICES[device],
    },
  });
  const ended = once(child, 'exit').then(([code, signal]: (string | number | null)[]) => {
    throw new Error(`the process for the ${device} ended with ${signal ?? code ?? 'nothing'}`);
  });
  ended.catch(() => undefined);
  return {
    device,
    async ask<T extends keyof Tasks>(task: T, ...args: Parameters<Tasks[T]>) {
      child.send([task, ...args]);
      const [reply] = (await Promise.race([once(child, 'message'), ended])) as [Reply];
      if ('error' in reply) throw new Error(`${device}, ${task}: ${reply.error}`);
      return reply.value as Answers[T];
    },
    close: () => child.kill(),
  };
}
