import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from 'resnet-heads';

beforeAll(async () => {
  await loadTfjsNode();
  expect(await tf.setBackend('tensorflow')).toBe(true);
});
