import { medianTimes } from '../../bench/measure';
import { Check, type Result } from '../backends/conformance/case';
import { type Device, startWorker, type Worker } from './start-worker';

/** What every figure has to be called that no GPU had a part in. */
const CPU_ONLY = 'CPU of the CUDA build, no GPU was used';

/** The contract between backends of test/backends: relative to the largest value of the output. */
const TOLERANCE = 1e-4;

/** One device's answer against the CPU's. */
export interface Comparison {
  readonly device: Device;
  readonly maxError: number | undefined;
  /** Absent where the error is only stated. */
  readonly tolerance?: number;
  readonly ok: boolean;
}

export interface Timing {
  readonly workload: string;
  /** Medians, by device. */
  readonly ms: Readonly<Partial<Record<Device, number>>>;
}

export interface Report {
  readonly subject: string;
  readonly tensorflow: string;
  readonly conformance: readonly Result[];
  readonly comparisons: readonly Comparison[];
  readonly timings: readonly Timing[];
}

async function requireDevice(worker: Worker, gpus: readonly string[]): Promise<string> {
  const { backend, usesGpu, tensorflow } = await worker.ask('device');
  const wanted = `tensorflow on the ${worker.device === 'CPU' ? 'CPU' : 'GPU'}`;
  const found = `${backend} on the ${usesGpu ? 'GPU' : 'CPU'}`;
  if (found !== wanted) {
    throw new Error(
      `tfjs-node-gpu: expected ${wanted} (${gpus.join(', ')}), got ${found}; see above what TensorFlow ${tensorflow} printed as it started`,
    );
  }
  return tensorflow;
}

function compare(
  device: Device,
  received: Float32Array,
  expected: Float32Array,
  tolerance?: number,
): Comparison {
  const check = new Check(tolerance ?? Infinity);
  const held = tolerance === undefined ? {} : { tolerance };
  try {
    check.close(received, expected);
    return { device, maxError: check.maxError, ...held, ok: true };
  } catch {
    return { device, maxError: check.maxError, ...held, ok: false };
  }
}

/** Before anything trains, since that is where the weights are the same. */
async function compareAll([judged, ...others]: readonly Worker[], cpu: Worker) {
  const expected = await cpu.ask('answer');
  const comparisons: Comparison[] = [];
  if (judged)
    comparisons.push(compare(judged.device, await judged.ask('answer'), expected, TOLERANCE));
  for (const { device, ask } of others) {
    comparisons.push(compare(device, await ask('answer'), expected));
  }
  return comparisons;
}

async function timeAll(workers: readonly Worker[]): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const workload of (await workers[0]?.ask('workloads')) ?? []) {
    console.error(`  ${workload}`);
    const medians = await medianTimes(
      workers.map(({ ask }) => async () => [await ask('time', workload)]),
    );
    const ms = Object.fromEntries(workers.map(({ device }, i) => [device, medians[i]]));
    timings.push({ workload, ms });
  }
  return timings;
}

/**
 * Runs the cases, then compares with the CPU, then times all devices in turns.
 *
 * @param gpus names; with none, all but the comparison is done, on the CPU
 */
export async function examine(gpus: readonly string[]): Promise<Report> {
  const onGpu: Worker[] =
    gpus.length > 0 ? [startWorker('GPU without TF32'), startWorker('GPU')] : [];
  const cpu = startWorker('CPU');
  const workers = [...onGpu, cpu];
  // The cases hold to a tolerance for floats of 24 bits.
  const [judged = cpu] = workers;
  try {
    const subject = gpus.length > 0 ? gpus.join(', ') : CPU_ONLY;
    let tensorflow = '';
    for (const worker of workers) tensorflow = await requireDevice(worker, gpus);
    console.error(`TensorFlow ${tensorflow}: ${subject}`);
    const conformance = await judged.ask('conformance');
    console.error('comparing and timing');
    const comparisons = onGpu.length > 0 ? await compareAll(onGpu, cpu) : [];
    const timings = await timeAll(workers);
    return { subject, tensorflow, conformance, comparisons, timings };
  } finally {
    for (const worker of workers) worker.close();
  }
}
