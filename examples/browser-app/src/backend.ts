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
 * Sets the fastest available backend.
 *
 * @param asked the backend that `?backend=` names, if any
 */
export async function startBackend(asked: string | null): Promise<void> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    // Never fetched, but TensorFlow.js requires all three paths.
    'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
  });
  // Threads, on a cross-origin isolated page, hang in a script minified by Vite.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (asked === null) await useFastestBackend();
  else if (!(asked in NAMES))
    throw new Error(`?backend=: expected ${Object.keys(NAMES).join(', ')}, got ${asked}`);
  // If a backend can't start, TensorFlow.js keeps the previous one.
  else if (!(await tf.setBackend(asked)) || tf.getBackend() !== asked) {
    throw new Error(
      `?backend=: expected webgpu, webgl or wasm, got ${asked}, which does not work in this browser; leave it out`,
    );
  }
}

/** Shows the backend and its memory. */
export function showRuntime(): void {
  const name = tf.getBackend();
  const { numTensors, numBytes } = tf.memory();
  find('runtime', HTMLElement).textContent =
    `Running on ${NAMES[name] ?? name}; ${counted(numTensors, 'tensor')} in memory, ${bytes(numBytes)}.`;
}
