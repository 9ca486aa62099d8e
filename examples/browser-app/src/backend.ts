import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import '@tensorflow/tfjs-backend-webgpu';
import { find } from './dom.js';
import { bytes, counted } from './numbers.js';

const NAMES: Readonly<Record<string, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
};

/** What renderers without a graphics card call themselves: Chromium's, Mesa's and Windows's. */
const BY_SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render/i;

/** Whether a graphics card reckons: where the browser's own software does, WebAssembly is faster. */
const HAS_CARD: Readonly<Record<string, () => Promise<boolean>>> = {
  webgpu: async () => {
    // Where a page isn't secure, there is none, whatever the types say.
    const gpu = navigator.gpu as GPU | undefined;
    const adapter = await gpu?.requestAdapter();
    return adapter?.info.isFallbackAdapter === false;
  },
  webgl: () => {
    const context = document.createElement('canvas').getContext('webgl2');
    const facts = context?.getExtension('WEBGL_debug_renderer_info');
    if (!context || !facts) return Promise.resolve(context !== null);
    const renderer = String(context.getParameter(facts.UNMASKED_RENDERER_WEBGL));
    context.getExtension('WEBGL_lose_context')?.loseContext();
    return Promise.resolve(!BY_SOFTWARE.test(renderer));
  },
  wasm: () => Promise.resolve(true),
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
  for (const [name, hasCard] of Object.entries(HAS_CARD)) {
    if (asked === null ? !(await hasCard()) : asked !== name) continue;
    // Where one can't start, TensorFlow.js goes on with the one before.
    if ((await tf.setBackend(name)) && tf.getBackend() === name) return;
  }
  throw new Error(
    `TensorFlow.js: expected WebGPU, WebGL or WebAssembly, got none that works${asked === null ? '' : ` by the name ${asked}`}; update the browser`,
  );
}

/** Shows what runs and what it holds. */
export function showRuntime(): void {
  const name = tf.getBackend();
  const { numTensors, numBytes } = tf.memory();
  find('runtime', HTMLElement).textContent =
    `Runs on ${NAMES[name] ?? name}; holds ${counted(numTensors, 'tensor')}, ${bytes(numBytes)}.`;
}
