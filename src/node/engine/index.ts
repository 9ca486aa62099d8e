import { reject } from '../../errors.js';
import { foldedRunner } from '../../train/extractor.js';
import type { Engine, EngineName, EngineTask } from './engine.js';
import { onBackend } from './layers.js';
import { onnxRuntimeEngine } from './onnxruntime.js';
import { nativeRunner } from './tensorflow.js';

export { type Engine, type EngineName, ENGINES } from './engine.js';

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
      return reject(
        'engine',
        "tfjs-node's backend and a base of layers that can be exported for tensorflow",
        name,
        'load tfjs-node first, or use another engine',
      );
    }
    default:
      return onnxRuntimeEngine(name, task);
  }
}
