import * as tf from '@tensorflow/tfjs';
import { nodeSurroundings } from '../setup/surroundings';
import { cases, TOLERANCES } from './conformance';
import { runCase } from './conformance/case';

describe('a backend', () => {
  it.each(cases)('$name', async (each) => {
    const tolerance = TOLERANCES[tf.getBackend()]!;
    const { message } = await runCase(each, tolerance, nodeSurroundings());
    expect(message).toBeUndefined();
  });
});
