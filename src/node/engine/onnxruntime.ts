import { availableParallelism, cpus } from 'node:os';
import type { Installed, Remedies } from '../../onnxruntime/engine.js';
import { loadPackage } from '../load-package.js';
import { splitFiles } from './split-files.js';

type Runtime = typeof import('onnxruntime-node');

const REMEDIES = {
  onnxruntime: 'run npm install onnxruntime-node --ignore-scripts',
  'onnxruntime-webgpu':
    'install a driver for Vulkan, Metal or Direct3D 12 (on Linux also the loader libvulkan.so.1), or use onnxruntime',
  'onnxruntime-cuda':
    "put libonnxruntime_providers_cuda.so and libonnxruntime_providers_shared.so of the same release beside onnxruntime-node's library, with CUDA and cuDNN on LD_LIBRARY_PATH, or use onnxruntime-webgpu",
} as const satisfies Remedies;

/**
 * Where a process may use only some of the machine's cores, as in a task of Slurm or under `taskset`: ONNX Runtime itself starts a
 * thread for each core of the machine, and moves it to that core.
 */
function threadsHere(): number | undefined {
  const own = availableParallelism();
  return own < cpus().length ? own : undefined;
}

/** @throws PackageError if ONNX Runtime isn't installed */
export async function loadRuntime(): Promise<Installed> {
  const module: Runtime & { readonly default?: Runtime } = await loadPackage(
    'onnxruntime-node',
    () => import('onnxruntime-node'),
    REMEDIES.onnxruntime,
  );
  // A CommonJS package: whether Node finds its named exports depends on its source.
  const runtime = module.default ?? module;
  return { runtime, remedies: REMEDIES, store: splitFiles, threads: threadsHere() };
}
