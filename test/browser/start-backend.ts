import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';

/** Sets a backend as a page does, or fails: TensorFlow.js itself would go on with another one. */
export async function startBackend(backend: string): Promise<object> {
  setWasmPaths('wasm/');
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here`);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`${backend} gave way to ${tf.getBackend()}`);
  return { tfjs: tf.version.tfjs, userAgent: navigator.userAgent, ...(await detailsOf(backend)) };
}

async function detailsOf(backend: string): Promise<object> {
  const flag = (name: string) => tf.env().getAsync(name);
  switch (backend) {
    case 'webgl':
      return {
        version: await flag('WEBGL_VERSION'),
        float32: await flag('WEBGL_RENDER_FLOAT32_CAPABLE'),
      };
    case 'wasm':
      return {
        simd: await flag('WASM_HAS_SIMD_SUPPORT'),
        threads: await flag('WASM_HAS_MULTITHREAD_SUPPORT'),
      };
    default:
      return {};
  }
}
