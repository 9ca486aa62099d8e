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
    "tfjs-node's backend and a base of layers that can be exported for tensorflow",
    'tensorflow',
    'install @tensorflow/tfjs-node and load it by loadTfjsNode(), or use another engine',
  );

/**
 * Checks that an engine can be had, as far as that costs nothing: also where everything comes out of a cache, an engine that was
 * named must not be passed over.
 *
 * @throws ArgumentError on an unknown name, and for TensorFlow's graph on another backend; PackageError where ONNX Runtime isn't
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
 * @param name by default TensorFlow's graph where tfjs-node's backend is active and the base can be exported, else the layers
 * @throws ArgumentError where TensorFlow's graph is asked for on another backend, or the base has a layer that can't be exported;
 *   PackageError where ONNX Runtime, or its provider, isn't there
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
