import type { InferenceSession } from 'onnxruntime-node';
import { PackageError } from '../../errors.js';
import { foldedGraph, joinGraphs, modelGraph } from '../../export/graph.js';
import { onnxBytes } from '../../export/onnx/bytes.js';
import { PIXELS } from '../../export/onnx/pixels.js';
import { loadPackage } from '../load-package.js';
import type { EngineName } from '../../engines.js';
import type { Engine, EngineTask } from './engine.js';

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

/** @throws PackageError if ONNX Runtime isn't installed, or the provider doesn't work on this machine */
async function createSession(
  name: OnnxRuntimeName,
  model: Uint8Array,
): Promise<{ readonly runtime: Runtime; readonly session: InferenceSession }> {
  const runtime = await loadRuntime();
  try {
    const session = await runtime.InferenceSession.create(model, {
      executionProviders: [PROVIDERS[name]],
      logSeverityLevel: LOG_ERRORS,
    });
    return { runtime, session };
  } catch (cause) {
    const [got = ''] = (cause as Error).message.split('\n');
    throw new PackageError(
      `${name}: expected a session on ${PROVIDERS[name]}, got ${got}; ${REMEDIES[name]}`,
      { cause },
    );
  }
}

/**
 * Runs the base, its preprocessing and the head's pooling as one ONNX graph with ONNX Runtime.
 *
 * @throws PackageError as {@link createSession}; ArgumentError if the base has a layer that can't be exported
 */
export async function onnxRuntimeEngine(
  name: OnnxRuntimeName,
  { base, reduction, preprocessing, inputSize: [height, width] }: EngineTask,
): Promise<Engine> {
  const graph = await foldedGraph(base);
  const whole = reduction.model ? joinGraphs(graph, await modelGraph(reduction.model)) : graph;
  const { runtime, session } = await createSession(
    name,
    onnxBytes(whole, { metadata: {}, preprocessing, dtype: 'float32' }),
  );
  const [output = ''] = session.outputNames;
  return {
    name,
    async run(pixels, count) {
      const images = new runtime.Tensor('uint8', pixels, [count, height, width, 3]);
      const { [output]: features } = await session.run({ [PIXELS]: images });
      if (!(features?.data instanceof Float32Array)) {
        throw new Error(`${name}: expected float32 features, got ${features?.type ?? 'none'}`);
      }
      return features.data;
    },
    dispose: () => session.release(),
  };
}
