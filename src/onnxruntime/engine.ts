import * as tf from '@tensorflow/tfjs';
import { ArgumentError, PackageError } from '../errors.js';
import { firstLineOf } from '../printable.js';
import { onnxOf } from '../onnx/base.js';
import type { Engine, EngineTask } from '../engine/engine.js';
import type { EngineName } from '../engine/names.js';
import type { OnnxRuntime, OnnxSession } from './runtime.js';
import { fileOf } from './task-file.js';

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
}

/** @throws PackageError if the provider doesn't work on this machine */
export async function createSession(
  { runtime, remedies }: Installed,
  name: OnnxRuntimeName,
  file: Uint8Array,
): Promise<OnnxSession> {
  try {
    return await runtime.InferenceSession.create(file, {
      executionProviders: [PROVIDERS[name]],
      logSeverityLevel: LOG_ERRORS,
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

/** Runs `run` on batches of `size` images, the last one filled up with black ones, whose results are left out. */
async function inBatches(
  pixels: tf.Tensor4D,
  size: number,
  run: (batch: tf.Tensor4D) => Promise<tf.Tensor>,
): Promise<tf.Tensor> {
  const parts: tf.Tensor[] = [];
  const [count, height, width, channels] = pixels.shape;
  try {
    for (let from = 0; from < count; from += size) {
      const own = Math.min(size, count - from);
      const batch = tf.tidy(() => {
        const some = pixels.slice([from, 0, 0, 0], [own, height, width, channels]);
        return some.pad<tf.Tensor4D>([
          [0, size - own],
          ...Array.from({ length: 3 }, () => [0, 0] as [number, number]),
        ]);
      });
      try {
        parts.push(await run(batch));
      } finally {
        batch.dispose();
      }
    }
    return tf.tidy(() => tf.concat(parts).slice(0, count));
  } finally {
    tf.dispose(parts);
  }
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
  const session = await createSession(installed, name, await fileOf(task));
  const [[input = ''], [output = '']] = [session.inputNames, session.outputNames];
  let batchSize = onnxOf(task.model)?.batchSize ?? null;
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
    if (batchSize !== null) return inBatches(pixels, batchSize, run);
    try {
      return await run(pixels);
    } catch (cause) {
      if (pixels.shape[0] === 1) throw failed(name, cause);
      // Some exporters declare batches of any size, and write reshapes for one image.
      const found = await inBatches(pixels, 1, run).catch((error: unknown) => {
        throw failed(name, error);
      });
      batchSize = 1;
      return found;
    }
  };
  return {
    name,
    run: (pixels) => inTurn(() => runAll(pixels)),
    dispose: () => inTurn(() => session.release()),
  };
}
