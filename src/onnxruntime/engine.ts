import * as tf from '@tensorflow/tfjs';
import { ArgumentError, PackageError } from '../errors.js';
import { firstLineOf } from '../printable.js';
import { onnxOf } from '../onnx/base.js';
import type { Engine, EngineTask } from '../engine/engine.js';
import type { EngineName } from '../engine/names.js';
import type { OnnxRuntime, OnnxSession } from './runtime.js';
import { type Batches, inBatches } from './batches.js';
import { fileOf, inMemory, type Store } from './task-file.js';

export type OnnxRuntimeName = Extract<EngineName, `onnxruntime${string}`>;

/** ONNX Runtime's execution providers; in a page, `cpu` is WebAssembly. */
const PROVIDERS = {
  onnxruntime: 'cpu',
  'onnxruntime-webgpu': 'webgpu',
  'onnxruntime-cuda': 'cuda',
} as const satisfies Record<OnnxRuntimeName, string>;

/** What to do if a session can't be created. */
export type Remedies = Readonly<Record<OnnxRuntimeName, string>>;

/** Errors only: a provider warns each time that it runs shape computations on the CPU. */
const LOG_ERRORS = 3;

/** ONNX Runtime, and what to do where it fails. */
export interface Installed {
  readonly runtime: OnnxRuntime;
  readonly remedies: Remedies;
  /** @default in memory */
  readonly store?: Store;
  /** Threads that run the model on the CPU. @default as ONNX Runtime chooses */
  readonly threads?: number | undefined;
}

/** On the CPU, memory of a run grows with its images, and more than this are no faster each. */
const CPU_BATCH_SIZE = 8;

/** @throws PackageError if the provider doesn't work on this machine */
export async function createSession(
  { runtime, remedies, threads }: Installed,
  name: OnnxRuntimeName,
  file: Uint8Array | string,
): Promise<OnnxSession> {
  try {
    // onnxruntime-node also takes a path; no other store gives one.
    return await runtime.InferenceSession.create(file as Uint8Array, {
      executionProviders: [PROVIDERS[name]],
      logSeverityLevel: LOG_ERRORS,
      // One block for all maps is larger than those that exist at the same time, and no faster on the CPU.
      ...(name === 'onnxruntime' && { enableMemPattern: false }),
      ...(threads !== undefined && { intraOpNumThreads: threads }),
    });
  } catch (cause) {
    throw new PackageError(
      `${name}: expected a session on ${PROVIDERS[name]}, got ${firstLineOf(cause)}; ${remedies[name]}`,
      { cause },
    );
  }
}

/** The end of the last run of any engine: concurrent runs on WebGPU were reported to crash (onnxruntime issue 32561). */
let lastRun: Promise<unknown> = Promise.resolve();

/** Runs `work` after all work that was passed before, whether that failed or not. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const run = lastRun.then(work, work);
  lastRun = run.catch(() => undefined);
  return run;
}

const failed = (name: OnnxRuntimeName, cause: unknown): ArgumentError =>
  new ArgumentError(
    `${name}: expected a file that runs on images of this size, got ${firstLineOf(cause)}`,
    { cause },
  );

/**
 * Starts ONNX Runtime.
 *
 * @throws ArgumentError if the model has a layer that can't be exported; PackageError as {@link createSession}
 */
export async function onnxRuntimeEngine(
  installed: Installed,
  name: OnnxRuntimeName,
  task: EngineTask,
): Promise<Engine> {
  const stored = await fileOf(task, installed.store ?? inMemory);
  const session = await createSession(installed, name, stored.file).finally(() => stored.remove());
  const [[input = ''], [output = '']] = [session.inputNames, session.outputNames];
  const fixed = onnxOf(task.model)?.batchSize ?? null;
  const most = name === 'onnxruntime' ? CPU_BATCH_SIZE : Infinity;
  let batches: Batches = fixed === null ? { size: most } : { size: fixed, filled: true };
  const run = async (pixels: tf.Tensor4D) => {
    const data = new Float32Array(await pixels.data());
    const images = new installed.runtime.Tensor('float32', data, pixels.shape);
    const { [output]: found } = await session.run({ [input]: images });
    if (!(found?.data instanceof Float32Array) || found.dims[0] !== pixels.shape[0]) {
      const got = found ? `${found.type} [${found.dims.join(', ')}]` : 'none';
      throw new Error(`expected a float32 output for ${pixels.shape[0]} images, got ${got}`);
    }
    return tf.tensor(found.data, [...found.dims]);
  };
  const runAll = async (pixels: tf.Tensor4D): Promise<tf.Tensor> => {
    try {
      return await inBatches(pixels, batches, run);
    } catch (cause) {
      if (fixed !== null || pixels.shape[0] === 1) throw failed(name, cause);
      // Some exporters declare batches of any size, and write reshapes for one image.
      const single: Batches = { size: 1 };
      const found = await inBatches(pixels, single, run).catch((error: unknown) => {
        throw failed(name, error);
      });
      batches = single;
      return found;
    }
  };
  return {
    name,
    run: (pixels) => inTurn(() => runAll(pixels)),
    dispose: () => inTurn(() => session.release().finally(() => stored.remove())),
  };
}
