import { providePageEngines } from '../engine/start.js';
import { reject } from '../errors.js';
import type { OnnxRuntime } from './runtime.js';

/**
 * Makes ONNX Runtime available in a page, for ONNX backbones and the engines `'onnxruntime'` (WebAssembly) and `'onnxruntime-webgpu'`.
 * In Node it does nothing: there `onnxruntime-node` is loaded if it is installed.
 *
 * @example
 * import * as ort from 'onnxruntime-web';
 * setOnnxRuntime(ort);
 * @param runtime the module; set the paths of its WebAssembly files, if needed, by its own `env`
 * @throws ArgumentError if it is something else
 */
export function setOnnxRuntime(runtime: OnnxRuntime): void {
  const { InferenceSession, Tensor } = Object(runtime) as Partial<OnnxRuntime>;
  if (typeof InferenceSession?.create !== 'function' || typeof Tensor !== 'function') {
    reject(
      'runtime',
      'the module onnxruntime-web',
      runtime,
      "import * as ort from 'onnxruntime-web'",
    );
  }
  // On demand, as is all that runs a model.
  const engines = () => import('./page.js').then(({ enginesOn }) => enginesOn(runtime));
  providePageEngines({
    check: async (name) => (await engines()).check(name),
    start: async (task, name) => (await engines()).start(task, name),
  });
}
