import * as tf from '@tensorflow/tfjs';
import type { InferenceSession } from 'onnxruntime-node';
import type { Engine, EngineTask } from '../../engine/engine.js';
import type { EngineName } from '../../engine/names.js';
import { PackageError } from '../../errors.js';
import { foldedGraph, joinGraphs, modelGraph } from '../../export/graph.js';
import { onnxBytes } from '../../export/onnx/bytes.js';
import { firstLineOf, loadPackage } from '../load-package.js';

export type OnnxRuntimeName = Extract<EngineName, `onnxruntime${string}`>;

type Runtime = typeof import('onnxruntime-node');

/** ONNX Runtime's execution providers. */
const PROVIDERS = {
  onnxruntime: 'cpu',
  'onnxruntime-webgpu': 'webgpu',
  'onnxruntime-cuda': 'cuda',
} as const satisfies Record<OnnxRuntimeName, string>;

const REMEDIES = {
  onnxruntime: 'run npm install onnxruntime-node --ignore-scripts',
  'onnxruntime-webgpu':
    'install a driver for Vulkan, Metal or Direct3D 12 (on Linux also the loader libvulkan.so.1), or use onnxruntime',
  'onnxruntime-cuda':
    "put libonnxruntime_providers_cuda.so and libonnxruntime_providers_shared.so of the same release beside onnxruntime-node's library, with CUDA and cuDNN on LD_LIBRARY_PATH, or use onnxruntime-webgpu",
} as const satisfies Record<OnnxRuntimeName, string>;

/** Errors only: a provider warns each time that it runs shape computations on the CPU. */
const LOG_ERRORS = 3;

/** @throws PackageError if it isn't installed */
export async function loadRuntime(): Promise<Runtime> {
  const module: Runtime & { readonly default?: Runtime } = await loadPackage(
    'onnxruntime-node',
    () => import('onnxruntime-node'),
    REMEDIES.onnxruntime,
  );
  // A CommonJS package: whether Node finds its named exports depends on its source.
  return module.default ?? module;
}

/**
 * The ONNX file of a task, which takes pixels as float32.
 *
 * @throws ArgumentError if the model has a layer that can't be exported
 */
export async function fileOf({ model, reduction, preprocessing }: EngineTask): Promise<Uint8Array> {
  const graph = await foldedGraph(model);
  const whole = reduction ? joinGraphs(graph, await modelGraph(reduction)) : graph;
  return onnxBytes(whole, {
    ...{ metadata: {}, pixelType: 'float32', dtype: 'float32' },
    ...(preprocessing && { preprocessing }),
  });
}

/** @throws PackageError if ONNX Runtime isn't installed, or the provider doesn't work on this machine */
export async function createSession(
  name: OnnxRuntimeName,
  file: Uint8Array,
): Promise<{ readonly runtime: Runtime; readonly session: InferenceSession }> {
  const runtime = await loadRuntime();
  try {
    const session = await runtime.InferenceSession.create(file, {
      executionProviders: [PROVIDERS[name]],
      logSeverityLevel: LOG_ERRORS,
    });
    return { runtime, session };
  } catch (cause) {
    throw new PackageError(
      `${name}: expected a session on ${PROVIDERS[name]}, got ${firstLineOf(cause)}; ${REMEDIES[name]}`,
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

/**
 * Starts ONNX Runtime.
 *
 * @param file from {@link fileOf}
 * @throws PackageError as {@link createSession}
 */
export async function onnxRuntimeEngine(name: OnnxRuntimeName, file: Uint8Array): Promise<Engine> {
  const { runtime, session } = await createSession(name, file);
  const [[input = ''], [output = '']] = [session.inputNames, session.outputNames];
  return {
    name,
    run: (pixels) =>
      inTurn(async () => {
        const data = new Float32Array(await pixels.data());
        const images = new runtime.Tensor('float32', data, pixels.shape);
        const { [output]: found } = await session.run({ [input]: images });
        if (!(found?.data instanceof Float32Array)) {
          throw new Error(`${name}: expected a float32 output, got ${found?.type ?? 'none'}`);
        }
        return tf.tensor(found.data, [...found.dims]);
      }),
    dispose: () => inTurn(() => session.release()),
  };
}
