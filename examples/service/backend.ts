import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from 'resnet-heads/node';

/** Sets TensorFlow's own library where tfjs-node is installed and loads here, else WebAssembly. */
export async function useBackend(): Promise<string> {
  try {
    await loadTfjsNode();
  } catch {
    // Not installed, or not built for this machine.
    await import('@tensorflow/tfjs-backend-wasm');
    if (!(await tf.setBackend('wasm'))) {
      throw new Error(
        'backend: expected tfjs-node or wasm to start, got neither; run npx resnet-heads doctor',
      );
    }
  }
  await tf.ready();
  return tf.getBackend();
}
