import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true);
});
