import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from './tfjs-node.js';

/** By speed; the packages are no dependencies. */
const PACKAGES: readonly (() => Promise<unknown>)[] = [
  () => loadTfjsNode(),
  () => loadTfjsNode('@tensorflow/tfjs-node-gpu'),
  () => import('@tensorflow/tfjs-backend-wasm'),
];

/** Loads the package of the fastest backend that is installed. Where none is, there is plain JavaScript. */
export async function loadFastest(): Promise<void> {
  // Else plain JavaScript prints seven lines that advertise tfjs-node; whoever calls this says it in one.
  tf.env().set('PROD', true);
  for (const load of PACKAGES) {
    try {
      await load();
      return;
    } catch {
      // Not installed, or not for this machine: the next one.
    }
  }
}
