import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from './tfjs-node.js';

/** Fastest first; none of the packages is a dependency. */
const PACKAGES: readonly (() => Promise<unknown>)[] = [
  () => loadTfjsNode(),
  () => loadTfjsNode('@tensorflow/tfjs-node-gpu'),
  () => import('@tensorflow/tfjs-backend-wasm'),
];

/** Loads the package of the fastest installed backend. If there is none, plain JavaScript remains. */
export async function loadFastest(): Promise<void> {
  // Without this, plain JavaScript prints seven lines that advertise tfjs-node; our caller says it in one.
  tf.env().set('PROD', true);
  for (const load of PACKAGES) {
    try {
      await load();
      return;
    } catch {
      // Not installed, or not for this machine: try the next one.
    }
  }
}
