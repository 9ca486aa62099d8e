import * as tf from '@tensorflow/tfjs';

/** By speed, each with the package that it comes in; none of them is a dependency. */
const BACKENDS: readonly (readonly [name: string, backend: string])[] = [
  ['@tensorflow/tfjs-node', 'tensorflow'],
  ['@tensorflow/tfjs-backend-wasm', 'wasm'],
];

/**
 * Sets the fastest backend that is installed: TensorFlow through tfjs-node, WebAssembly, or plain
 * JavaScript. For command lines; a library leaves that to its caller.
 */
export async function useFastestBackend(): Promise<string> {
  for (const [name, backend] of BACKENDS) {
    try {
      await import(name);
      if (await tf.setBackend(backend)) break;
    } catch {
      // Not installed, or not for this machine: the next one.
    }
  }
  await tf.ready();
  return tf.getBackend();
}
