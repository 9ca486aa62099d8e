import * as tf from '@tensorflow/tfjs';
import { type FitHeadOptions, fitHead, pooledHead, type StoredFeatures } from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { byAdam } from '../setup/adam';

const SHAPE = [6];
const REASON = new Error('enough');
const HEAD = pooledHead({ numClasses: 2 });

/** Features of a store whose read with this number, counted from 0, never settles; the signal comes meanwhile. */
function stuckAt(stuck: number, controller = new AbortController()) {
  const labels = Int32Array.from({ length: 12 }, (_, i) => i % 2);
  let reads = 0;
  const stored: StoredFeatures = {
    labels,
    shape: SHAPE,
    featureShape: [1, 1, ...SHAPE],
    read(images) {
      if (reads++ === stuck) {
        setTimeout(() => {
          controller.abort(REASON);
        }, 5);
        return new Promise(() => undefined);
      }
      const own = Int32Array.from(images, (i) => labels[i]!);
      return Promise.resolve(
        tf.tidy(() =>
          tf
            .randomUniform([images.length, ...SHAPE], 0, 1, 'float32', 1)
            .add(tf.tensor2d(own, [own.length, 1])),
        ),
      );
    },
  };
  return { stored, signal: controller.signal };
}

/** How many reads a fit takes. */
async function readsOf(options: FitHeadOptions): Promise<number> {
  const { stored } = stuckAt(-1);
  let reads = 0;
  const counted: StoredFeatures = {
    ...stored,
    read: (images) => {
      reads++;
      return stored.read(images);
    },
  };
  const { head } = await fitHead(HEAD, counted, options);
  head.dispose();
  return reads;
}

describe('features whose read never settles', () => {
  it.each([0, 1, 2, 3])('end L-BFGS with the reason of the signal, at read %d', async (at) => {
    await expectNoLeak(async () => {
      const { stored, signal } = stuckAt(at);
      await expect(fitHead(HEAD, stored, { signal })).rejects.toBe(REASON);
    });
  });

  it('end L-BFGS where only those for validation are stuck', async () => {
    await expectNoLeak(async () => {
      const controller = new AbortController();
      const { stored } = stuckAt(-1);
      const { stored: validation, signal } = stuckAt(0, controller);
      await expect(fitHead(HEAD, stored, { validation, signal })).rejects.toBe(REASON);
    });
  });

  it('end Adam with the reason of the signal before there is an epoch, and a head model keeps its weights', async () => {
    const { head } = await fitHead(HEAD, stuckAt(-1).stored, { epochs: 1 });
    const before = head.getWeights().map((each) => each.dataSync());
    await expectNoLeak(async () => {
      for (const at of [0, 2]) {
        const { stored, signal } = stuckAt(at);
        const options = { epochs: 3, batchSize: 4, signal };
        await expect(fitHead(head, stored, options)).rejects.toBe(REASON);
      }
    });
    expect(head.getWeights().map((each) => each.dataSync())).toEqual(before);
    head.dispose();
  });

  it('end Adam with the epochs so far', async () => {
    const options = { learningRate: 0.01, batchSize: 4 } as const;
    const [one, two] = [
      await readsOf({ ...options, epochs: 1 }),
      await readsOf({ ...options, epochs: 2 }),
    ];
    const epoch = two - one;
    // In the middle of the third epoch.
    const { stored, signal } = stuckAt(2 * epoch + 1);
    await expectNoLeak(async () => {
      const { head, ...found } = byAdam(
        await fitHead(HEAD, stored, { ...options, epochs: 5, signal }),
      );
      expect(found).toMatchObject({ endedBy: 'signal', bestEpoch: 1 });
      expect(found.history).toHaveLength(2);
      const { head: whole } = await fitHead(HEAD, stuckAt(-1).stored, { ...options, epochs: 2 });
      const weightsOf = (model: tf.LayersModel) =>
        model.getWeights().map((each) => each.dataSync());
      expect(weightsOf(head)).toEqual(weightsOf(whole));
      // Measuring the training features again would wait for ever.
      expect(found.loss).toBe(found.history[1]!.loss);
      head.dispose();
      whole.dispose();
    });
  });

  it('dispose what is read too late', async () => {
    const controller = new AbortController();
    const { stored } = stuckAt(-1);
    let release: (() => void) | undefined;
    const slow: StoredFeatures = {
      ...stored,
      read: async (images) => {
        setTimeout(() => {
          controller.abort(REASON);
        }, 5);
        await new Promise<void>((resolve) => (release = resolve));
        return stored.read(images);
      },
    };
    await expectNoLeak(async () => {
      const { signal } = controller;
      await expect(fitHead(HEAD, slow, { signal })).rejects.toBe(REASON);
      release?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
  });
});
