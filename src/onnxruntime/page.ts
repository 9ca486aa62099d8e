import { reject } from '../errors.js';
import type { OtherEngines } from '../engine/start.js';
import { type OnnxRuntimeName, onnxRuntimeEngine, type Remedies } from './engine.js';
import type { OnnxRuntime } from './runtime.js';

const REMEDIES = {
  onnxruntime:
    "serve the WebAssembly files of onnxruntime-web, and set ort.env.wasm.wasmPaths to their folder if it isn't the script's",
  'onnxruntime-webgpu':
    "import 'onnxruntime-web/webgpu' in a browser with WebGPU, or use onnxruntime",
  'onnxruntime-cuda': 'use onnxruntime-webgpu',
} as const satisfies Remedies;

const isOfPage = (name: string): boolean => name === 'onnxruntime' || name === 'onnxruntime-webgpu';

/** The engines of a page, on ONNX Runtime. */
export const enginesOn = (runtime: OnnxRuntime): OtherEngines => ({
  check: async (name) => {
    if (!isOfPage(name)) {
      reject('engine', '"layers", "onnxruntime" or "onnxruntime-webgpu" in a browser', name);
    }
    return Promise.resolve();
  },
  start: async (task, name = 'onnxruntime') =>
    onnxRuntimeEngine({ runtime, remedies: REMEDIES }, name as OnnxRuntimeName, task),
});
