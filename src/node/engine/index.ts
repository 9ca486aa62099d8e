import * as tf from '@tensorflow/tfjs';
import { reject, requireOneOf } from '../../errors.js';
import { foldedRunner } from '../../train/extractor.js';
import { type EngineName, ENGINES } from '../../engines.js';
import type { Engine, EngineTask } from './engine.js';
import { onBackend } from './layers.js';
import { loadRuntime, onnxRuntimeEngine } from './onnxruntime.js';
import { nativeRunner } from './tensorflow.js';

export type { Engine } from './engine.js';

const refuseTensorflow = (): never =>
  reject(
    'engine',
    "tfjs-node's backend and a backbone of layers that can be exported for tensorflow",
    'tensorflow',
    'install @tensorflow/tfjs-node and load it with loadTfjsNode(), or use another engine',
  );

/**
 * Checks that an engine is available, as far as that is cheap. Called even if all features are cached, so that a requested engine
 * is never silently ignored.
 *
 * @throws ArgumentError on an unknown name, and for TensorFlow's graph on another backend; PackageError if ONNX Runtime isn't
 *   installed
 */
export async function requireEngine(name: EngineName): Promise<void> {
  requireOneOf('engine', name, ENGINES);
  if (name === 'tensorflow' && tf.getBackend() !== 'tensorflow') refuseTensorflow();
  if (name.startsWith('onnxruntime')) await loadRuntime();
}

/**
 * Starts an engine.
 *
 * @param name by default TensorFlow's graph if tfjs-node's backend is active and the base can be exported, otherwise the layers
 * @throws ArgumentError if TensorFlow's graph is requested on another backend, or the base has a layer that can't be exported;
 *   PackageError if ONNX Runtime or its provider is missing
 */
export async function startEngine(task: EngineTask, name?: EngineName): Promise<Engine> {
  const layers = () => onBackend('layers', foldedRunner(task.base), task);
  switch (name) {
    case 'layers':
      return layers();
    case undefined:
    case 'tensorflow': {
      const runner = await nativeRunner(task.base);
      if (runner !== undefined) return onBackend('tensorflow', runner, task);
      if (name === undefined) return layers();
      return refuseTensorflow();
    }
    default:
      return onnxRuntimeEngine(name, task);
  }
}
