import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { supplyKernels } from 'resnet-heads';

/** Needs no native build, and is some thirty times as fast as plain JavaScript. */
export async function useWasm(): Promise<void> {
  if (!(await tf.setBackend('wasm')))
    throw new Error('the wasm backend does not start on this machine');
  // The demo trains by `fit`, which doesn't ask for them as `fitHead` does.
  await supplyKernels();
}
