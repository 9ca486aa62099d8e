import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from 'resnet-heads';
import { expectNoLeak } from './memory';

beforeAll(async () => {
  await expectNoLeak(() => loadTfjsNode());
  expect(await tf.setBackend('tensorflow')).toBe(true);
});
