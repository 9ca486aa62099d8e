import * as tf from '@tensorflow/tfjs';
import { expectNoLeak } from '../setup/memory';

/** How a function is called: each call disposes what it is given, and a bad one fails. */
export interface Calls {
  readonly good: () => unknown;
  /** By what is wrong; or why nothing can be. */
  readonly bad: Readonly<Record<string, () => unknown>> | string;
}

/** Fails where a call leaves a tensor behind, or a bad one succeeds. */
export function checkLeaks(table: Readonly<Record<string, Calls>>): void {
  describe.each(Object.entries(table))('%s', (_, { good, bad }) => {
    it('leaves nothing behind', async () => {
      await expectNoLeak(good);
    });

    if (typeof bad === 'string') return;
    it.each(Object.entries(bad))(
      'leaves nothing behind where it refuses %s',
      async (_what, call) => {
        await expectNoLeak(async () => {
          // What is thrown in place and what a promise is rejected with, alike.
          const succeeded = await Promise.resolve()
            .then(call)
            .then(
              () => true,
              () => false,
            );
          expect(succeeded).toBe(false);
        });
      },
    );
  });
}

/** Disposes a result, whatever it is. */
export const free = (...results: readonly unknown[]): void => {
  for (const result of results) {
    if (result instanceof tf.Tensor || result instanceof tf.LayersModel) result.dispose();
    else if (typeof result === 'object' && result !== null)
      free(...(Object.values(result) as unknown[]));
  }
};

/** What a caller's own function throws. */
export const fail = (): never => {
  throw new Error('the caller’s own');
};
