import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from './tfjs-node.js';

/** By speed, each as it is loaded; the packages are no dependencies. */
const BACKENDS: readonly (readonly [backend: string, load: () => Promise<unknown>])[] = [
  ['tensorflow', () => loadTfjsNode()],
  ['tensorflow', () => loadTfjsNode('@tensorflow/tfjs-node-gpu')],
  ['wasm', () => import('@tensorflow/tfjs-backend-wasm')],
];

/**
 * Sets the fastest backend that is installed: TensorFlow through tfjs-node, WebAssembly, or plain
 * JavaScript. For command lines; a library leaves that to its caller.
 */
export async function useFastestBackend(): Promise<string> {
  // Else plain JavaScript prints seven lines that advertise tfjs-node; whoever calls this says it in one.
  tf.env().set('PROD', true);
  for (const [backend, load] of BACKENDS) {
    try {
      await load();
      if (await tf.setBackend(backend)) break;
    } catch {
      // Not installed, or not for this machine: the next one.
    }
  }
  await tf.ready();
  return tf.getBackend();
}
