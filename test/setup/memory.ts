import * as tf from '@tensorflow/tfjs';

/** Runs `body` and fails unless as many tensors live after it as did before. */
export async function expectNoLeak(body: () => unknown): Promise<void> {
  const before = tf.memory().numTensors;
  await body();
  expect(tf.memory().numTensors).toBe(before);
}

/** The whole message of what `body` throws. */
export function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'nothing was thrown';
}

/** What a promise is rejected with, or "nothing". */
export const rejection = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'nothing', String);
