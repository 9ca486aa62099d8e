/** A process that loads one subject, and does what it is asked. */
import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode, loadWebgpu } from 'resnet-heads';
import { cases, TOLERANCES } from '../backends/conformance';
import { runCases } from '../backends/conformance/case';
import { lineOf } from '../backends/runs';
import { nodeSurroundings } from '../setup/surroundings';
import { SUBJECTS } from './subjects';
import { type ScaleName, SCALES, Works } from './workloads';

/** What tfjs-node's backend has beside the type that all backends share. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

const [, , name = '', scale = 'full', pictures = ''] = process.argv;
const subject = SUBJECTS.find((each) => each.name === name);
if (subject === undefined)
  throw new Error(`subject: expected one of test/gpu/subjects.ts, got ${name}`);
const { backend } = subject;

/** Loads the backend; what it says of the device. */
async function load(): Promise<string> {
  switch (backend) {
    case 'webgpu': {
      const { vendor, architecture, description } = await loadWebgpu();
      return [vendor, architecture, description].filter((each) => each !== '').join(', ');
    }
    case 'tfjs-node-gpu': {
      await loadTfjsNode('@tensorflow/tfjs-node-gpu');
      const { isUsingGpuDevice, binding } = tf.backend() as unknown as NodeBackend;
      return `TensorFlow ${binding.TF_Version} on the ${isUsingGpuDevice ? 'GPU' : 'CPU'}`;
    }
    case 'cpu':
      tf.env().set('PROD', true);
      await tf.setBackend('cpu');
      return '';
  }
}

const device = load();
let made: Promise<Works> | undefined;
const works = () => (made ??= Works.make(subject, SCALES[scale as ScaleName], pictures));

const tasks = {
  device: () => device,
  conformance: () =>
    runCases(cases, TOLERANCES[tf.getBackend()]!, nodeSurroundings(), (result) => {
      console.error(lineOf(result));
    }),
  answer: async () => (await works()).answer(),
  workloads: async () =>
    [...(await works()).workloads].map(([workload, { pictures: count }]) => ({
      workload,
      ...(count !== undefined && { pictures: count }),
    })),
  async time(workload: string) {
    const { run, steps } = (await works()).workloads.get(workload)!;
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
    await device;
    return { value: await (tasks[task] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

process.on('message', ([task, ...args]: [keyof Tasks, ...unknown[]]) => {
  void answer(task, args).then((reply) => process.send?.(reply));
});
