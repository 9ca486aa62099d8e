/** A process that loads tfjs-node-gpu, on the device that its environment leaves it, and does what it is asked. */
import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from 'resnet-heads/node';
import { cases, TOLERANCES } from '../backends/conformance';
import { runCases } from '../backends/conformance/case';
import { lineOf } from '../backends/runs';
import { nodeSurroundings } from '../setup/surroundings';
import { Subject } from './workloads';

/** What tfjs-node's backend has beside the type that all backends share. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

await loadTfjsNode('@tensorflow/tfjs-node-gpu');

let made: Subject | undefined;
const subject = () => (made ??= new Subject());

const tasks = {
  device() {
    const { isUsingGpuDevice, binding } = tf.backend() as unknown as NodeBackend;
    return { backend: tf.getBackend(), usesGpu: isUsingGpuDevice, tensorflow: binding.TF_Version };
  },
  conformance: () =>
    runCases(cases, TOLERANCES['tensorflow']!, nodeSurroundings(), (result) => {
      console.error(lineOf(result));
    }),
  answer: () => subject().answer(),
  workloads: () => Object.keys(subject().workloads),
  async time(name: string) {
    const { run, steps } = subject().workloads[name]!;
    const start = performance.now();
    await run();
    return (performance.now() - start) / steps;
  },
};

/** What a worker can be asked for. */
export type Tasks = typeof tasks;
export type Answers = { readonly [T in keyof Tasks]: Awaited<ReturnType<Tasks[T]>> };

async function answer(task: keyof Tasks, args: readonly unknown[]): Promise<object> {
  try {
    return { value: await (tasks[task] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

process.on('message', ([task, ...args]: [keyof Tasks, ...unknown[]]) => {
  void answer(task, args).then((reply) => process.send?.(reply));
});
