import * as tf from '@tensorflow/tfjs';
import { ArgumentError, PackageError, reject } from '../../errors.js';
import type { Engine, EngineTask } from '../../engine/engine.js';
import { onBackend } from '../../engine/layers.js';
import type { EngineName } from '../../engine/names.js';
import { onnxOf } from '../../onnx/base.js';
import { onnxRuntimeEngine } from '../../onnxruntime/engine.js';
import { loadRuntime } from './onnxruntime.js';
import { tensorflowRunner } from './tensorflow.js';

/** What tells whether TensorFlow's backend computes on a GPU. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
}

const isTensorflow = (): boolean => tf.getBackend() === 'tensorflow';

/** Whether TensorFlow.js computes on a GPU: moving the backbone to the CPU would be slower. */
const isOnGpu = (): boolean =>
  isTensorflow()
    ? (tf.backend() as NodeBackend).isUsingGpuDevice === true
    : tf.getBackend() === 'webgpu';

function requireTensorflow(): void {
  if (isTensorflow()) return;
  const remedy =
    'install @tensorflow/tfjs-node, and in code load it with loadTfjsNode(), or use another engine';
  reject('engine', "tfjs-node's backend for the engine tensorflow", tf.getBackend(), remedy);
}

/** Implements `requireEngine` for other engines than the layers. */
export async function checkEngine(name: EngineName): Promise<void> {
  if (name === 'tensorflow') requireTensorflow();
  if (name.startsWith('onnxruntime')) await loadRuntime();
}

async function tensorflowEngine(task: EngineTask): Promise<Engine | undefined> {
  const runner = await tensorflowRunner(task.model);
  return runner && onBackend('tensorflow', runner, task);
}

/** ONNX Runtime on the CPU; undefined if it isn't installed, doesn't work here, or can't run the model. */
async function installedRuntime(task: EngineTask): Promise<Engine | undefined> {
  try {
    return await onnxRuntimeEngine(await loadRuntime(), 'onnxruntime', task);
  } catch (error) {
    if (error instanceof PackageError || error instanceof ArgumentError) return undefined;
    throw error;
  }
}

/** Implements `startEngine` in Node; undefined if the layers are the fastest. */
export async function startNodeEngine(
  task: EngineTask,
  name?: Exclude<EngineName, 'layers'>,
): Promise<Engine | undefined> {
  switch (name) {
    case undefined:
      // Nothing else runs ONNX files.
      if (onnxOf(task.model)) return onnxRuntimeEngine(await loadRuntime(), 'onnxruntime', task);
      return (isOnGpu() ? undefined : await installedRuntime(task)) ?? tensorflowEngine(task);
    case 'tensorflow':
      requireTensorflow();
      return (
        (await tensorflowEngine(task)) ??
        reject('engine', 'one that has all layers of the model', name, 'use layers')
      );
    default:
      return onnxRuntimeEngine(await loadRuntime(), name, task);
  }
}
