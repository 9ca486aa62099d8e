import * as tf from '@tensorflow/tfjs';

// Keeps the cpu backend from advertising tfjs-node in every test file.
tf.env().set('PROD', true);

beforeAll(async () => {
  expect(await tf.setBackend('cpu')).toBe(true);
});
