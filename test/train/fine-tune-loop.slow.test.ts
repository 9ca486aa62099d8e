import * as tf from '@tensorflow/tfjs';
import { attachHead, freeze, pooledHead } from 'resnet-heads';
import { shuffled } from '../../src/random';
import type { Checkpoint, TrainingState } from '../../src/train/checkpoint';
import { type BatchSource, fineTune, type FineTuneOptions } from '../../src/train/fine-tune';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

/** Bright pictures and dark ones, twice as many dark, in another order in each epoch. */
const batches: BatchSource = function* (epoch) {
  const order = [...shuffled(6, epoch + 1)];
  for (const own of [order.slice(0, 4), order.slice(4)]) {
    const images = tf.tidy(() =>
      tf.stack(
        own.map((i) =>
          tf
            .randomUniform<tf.Rank.R3>([32, 32, 3], -0.1, 0.1, 'float32', i)
            .add<tf.Tensor3D>(i % 3 === 0 ? 0.4 : -0.4),
        ),
      ),
    ) as tf.Tensor4D;
    yield { images, labels: own.map((i) => (i % 3 === 0 ? 1 : 0)) };
  }
};

/** The same pictures by the wrong names, which validation finds worse the more is learned. */
const misnamed: BatchSource = async function* (epoch) {
  for await (const { images, labels } of batches(epoch)) {
    yield { images, labels: labels.map((label) => 1 - label) };
  }
};

const classifier = (dropout = 0) =>
  attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 2, dropout }), { seed: 1 });

const FAST = { epochs: 4, learningRate: 0.01 };

/** Trains a model of its own. */
async function run(options: FineTuneOptions, dropout?: number) {
  const model = classifier(dropout);
  try {
    const outcome = await fineTune(model, batches, { ...FAST, ...options });
    return { ...outcome, weights: numbers(model) };
  } finally {
    model.dispose();
  }
}

/** Which layers are frozen, and which hold their BatchNorm still. */
const frozen = (model: tf.LayersModel) =>
  model.layers.map((layer) => [layer.name, layer.trainable, Object.hasOwn(layer, 'call')]);

describe('fineTune, as fitHead', () => {
  it('ends where validation stops getting better, and keeps the best', async () => {
    await expectNoLeak(async () => {
      const options = { epochs: 20, validation: misnamed, patience: 2 };
      const { history, bestEpoch, endedBy, weights } = await run(options);
      expect(endedBy).toBe('patience');
      expect(history).toHaveLength(bestEpoch + 1 + 2);
      const losses = history.map(({ validationLoss }) => validationLoss!);
      expect(Math.min(...losses)).toBe(losses[bestEpoch]);
      const again = await run({ ...options, epochs: bestEpoch + 1 });
      expect(weights).toEqual(again.weights);
      expect(again.endedBy).toBe('epochs');
    });
  });

  it('goes on from a checkpoint to the weights of an unbroken run, dropout included', async () => {
    const unbroken = await run({ validation: batches, seed: 3 }, 0.4);
    for (const cut of [1, 3]) {
      let kept: TrainingState | undefined;
      const checkpoint: Checkpoint = {
        load: () => Promise.resolve(kept),
        save: (state) => Promise.resolve((kept = structuredClone(state))).then(() => undefined),
      };
      const options = { validation: batches, seed: 3, checkpoint };
      await expectNoLeak(async () => {
        expect((await run({ ...options, epochs: cut }, 0.4)).history).toHaveLength(cut);
        expect(await run(options, 0.4)).toEqual(unbroken);
        // Layers that the state has no weights of.
        await expect(run({ ...options, epochs: 5, select: () => true }, 0.4)).rejects.toThrow(
          /^checkpoint: expected the weights .* and \d+ more, got .*; it was saved for another head or other layers/,
        );
      });
    }
    expect(await run({ validation: batches, seed: 4 }, 0.4)).not.toEqual(unbroken);
  });

  it('weighs classes; balanced ones by how many images an epoch has', async () => {
    const [plain, balanced, weighed] = [
      await run({}),
      await run({ classWeights: 'balanced' }),
      // Of six images four are of the first class, two of the second.
      await run({ classWeights: [6 / (2 * 4), 6 / (2 * 2)] }),
    ];
    expect(balanced).toEqual(weighed);
    expect(balanced.weights).not.toEqual(plain.weights);
    await expect(run({ classWeights: [1, 2, 3] })).rejects.toThrow(
      "classWeights: expected 'balanced', or 2 positive numbers, got [1, 2, 3]",
    );
  });

  it('calls callbacks and onEpoch, and lets a callback end it', async () => {
    const said: unknown[] = [];
    const telling: tf.CustomCallbackArgs = {
      onBatchEnd: (batch, logs) => void said.push([batch, logs?.['size']]),
      onEpochEnd: (epoch, logs) => void said.push([epoch, ...Object.keys(logs ?? {})]),
    };
    const ending = tf.callbacks.earlyStopping({ monitor: 'loss', patience: 0, minDelta: 1e9 });
    const { history, endedBy } = await run({
      validation: batches,
      callbacks: [telling, ending],
      onEpoch: (epoch) => void said.push(epoch),
    });
    const names = ['loss', 'acc', 'val_loss', 'val_acc'];
    const epochs = history.map((epoch, i) => [[0, 4], [1, 2], [i, ...names], epoch]);
    expect(said).toEqual(epochs.flat());
    expect(endedBy).toBe('callback');
    expect(history.length).toBeLessThan(FAST.epochs);
  });

  it('ends when it is told to, with what was learned so far', async () => {
    const controller = new AbortController();
    const onEpoch = () => {
      controller.abort();
    };
    const { history, endedBy, weights } = await run({ signal: controller.signal, onEpoch });
    expect(endedBy).toBe('signal');
    expect(history).toHaveLength(1);
    expect(weights).toEqual((await run({ epochs: 1 })).weights);
  });
});

describe('fineTune leaves a model as it was', () => {
  it.each<[string, BatchSource, FineTuneOptions]>([
    ['where it is told to end before it begins', batches, { signal: AbortSignal.abort() }],
    ['where it fails', () => [], {}],
    ['where images can’t be counted', () => [], { classWeights: 'balanced' }],
    [
      'where a callback fails',
      batches,
      {
        callbacks: {
          onEpochEnd: () => {
            throw new Error('enough');
          },
        },
      },
    ],
  ])('%s', async (_, source, options) => {
    for (const isFrozen of [true, false]) {
      const model = classifier();
      if (isFrozen) freeze(model, ({ name }) => name.startsWith('conv4'));
      const before = [numbers(model), frozen(model)];
      await expectNoLeak(async () => {
        const outcome = fineTune(model, source, { ...FAST, ...options });
        if (options.signal === undefined) await expect(outcome).rejects.toThrow();
        else expect(await outcome).toMatchObject({ history: [], bestEpoch: 0, endedBy: 'signal' });
      });
      expect([numbers(model), frozen(model)]).toEqual(before);
      model.dispose();
    }
  });
});
