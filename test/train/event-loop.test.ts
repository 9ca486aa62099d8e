import * as tf from '@tensorflow/tfjs';
import { attachHead, fitHead, pooledHead } from 'resnet-heads';
import { pauser } from '../../src/event-loop';
import { shiftRobustness } from '../../src/explain/translation';
import { extractBatches } from '../../src/train/features';
import { fineTune } from '../../src/train/fine-tune';
import { byAdam } from '../setup/adam';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, unscaled } from '../setup/mini-resnet';

const SOON_MS = 10;
/** Work that takes minutes, where nothing ends it. */
const ENDLESS = 20_000;
const head = pooledHead({ numClasses: 2 });

/** Batches, until a timer has fired or there were endlessly many. */
function timedBatches() {
  let given = 0;
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, SOON_MS);
  const next = function* () {
    for (; !fired && given < ENDLESS; given++) {
      yield { images: tf.zeros<tf.Rank.R4>([2, 32, 32, 3]), labels: [0, 1] };
    }
  };
  return { next, count: () => given };
}

describe('while all is computed in step, a timer still fires', () => {
  it('in fitHead', async () => {
    await expectNoLeak(async () => {
      const values = tf.zeros([64, 2, 2, 8]);
      const labels = Int32Array.from({ length: 64 }, (_, i) => i % 2);
      const { head: trained, ...outcome } = await fitHead(
        head,
        { values, labels, featureShape: [2, 2, 8] },
        { epochs: ENDLESS, signal: AbortSignal.timeout(SOON_MS) },
      );
      expect(byAdam(outcome).endedBy).toBe('signal');
      trained.dispose();
      values.dispose();
    });
  });

  it('in extractBatches', async () => {
    const base = miniResnet('v1', 1);
    const { next, count } = timedBatches();
    const { values } = await extractBatches(unscaled(base), next(), { engine: 'layers' });
    expect(count()).toBeLessThan(ENDLESS);
    values.dispose();
    base.dispose();
  });

  it('in fineTune', async () => {
    const model = attachHead(miniResnet('v1', 1), head, { seed: 1 });
    const { next, count } = timedBatches();
    await fineTune(model, next, { epochs: 1 });
    expect(count()).toBeLessThan(ENDLESS);
    model.dispose();
  });

  it('in shiftRobustness', async () => {
    const model = attachHead(miniResnet('v1', 1), head, { seed: 1 });
    const { next, count } = timedBatches();
    await shiftRobustness(model, next(), { shifts: [0, 1] });
    expect(count()).toBeLessThan(ENDLESS);
    model.dispose();
  });
});

describe('a pause', () => {
  const { setImmediate: native } = globalThis;
  afterEach(() => {
    globalThis.setImmediate = native;
  });

  it.each(['with setImmediate', 'without it, as in browsers'])(
    'lets a task in, %s',
    async (how) => {
      if (how.startsWith('without')) {
        (globalThis as { setImmediate?: unknown }).setImmediate = undefined;
      }
      const pause = pauser();
      let fired = false;
      setTimeout(() => {
        fired = true;
      }, 1);
      await pause();
      // Too soon for one.
      expect(fired).toBe(false);
      const begin = performance.now();
      while (performance.now() - begin < 60);
      await pause();
      const end = performance.now();
      while (performance.now() - end < 60);
      await pause();
      expect(fired).toBe(true);
    },
  );
});
