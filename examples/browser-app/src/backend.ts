import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import '@tensorflow/tfjs-backend-webgpu';
import { useFastestBackend } from 'resnet-heads';
import { find } from './dom.js';
import { bytes, counted } from './numbers.js';

const NAMES: Readonly<Record<string, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'plain JavaScript',
};

/**
 * Sets the fastest backend that works here.
 *
 * @param asked the one to take, where `?backend=` names it
 */
export async function startBackend(asked: string | null): Promise<void> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    // Named with the others, though it is never fetched.
    'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
  });
  // On a cross-origin isolated page its threads hang in a script that Vite has minified.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (asked === null) await useFastestBackend();
  // Where one can't start, TensorFlow.js goes on with the one before.
  else if (!(await tf.setBackend(asked)) || tf.getBackend() !== asked) {
    throw new Error(
      `?backend=: expected webgpu, webgl or wasm, got ${asked}, which does not work here; leave it out`,
    );
  }
}

/** Shows what runs and what it holds. */
export function showRuntime(): void {
  const name = tf.getBackend();
  const { numTensors, numBytes } = tf.memory();
  find('runtime', HTMLElement).textContent =
    `Runs on ${NAMES[name] ?? name}; holds ${counted(numTensors, 'tensor')}, ${bytes(numBytes)}.`;
}
