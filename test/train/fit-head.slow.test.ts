import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildHead,
  denseHead,
  type Features,
  fitHead,
  type FitHeadOptions,
  flattenedHead,
  type Head,
  freeze,
  pooledHead,
  splitModel,
} from 'resnet-heads';
import type { Checkpoint, TrainingState } from '../../src/train/checkpoint';
import { extractBatches } from '../../src/train/features';
import { fitResumable } from '../../src/train/fit-head';
import { byAdam } from '../setup/adam';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers, unscaled } from '../setup/mini-resnet';

const SHAPE = [2, 2, 8];

/** Two kinds of maps that a linear head can tell apart: one channel is higher in each. */
function separable(images: number, seed = 1, classes = 2): Features {
  const values = tf.tidy(() => {
    const noise = tf.randomNormal([images, ...SHAPE], 0, 0.5, 'float32', seed);
    const mark = tf.oneHot(
      Array.from({ length: images }, (_, i) => i % classes),
      8,
    );
    return noise.add(mark.reshape([images, 1, 1, 8]).mul(2));
  });
  const labels = Int32Array.from({ length: images }, (_, i) => i % classes);
  return { values, labels, featureShape: SHAPE };
}

/** Losses of more than 1.2 overflow. */
const TOO_HEAVY = [3e38, 3e38];

const FAST = { solver: 'adam', epochs: 14, batchSize: 16, learningRate: 0.02 } as const;

const HEADS: readonly (readonly [string, Head])[] = [
  ['pooled', pooledHead({ numClasses: 2 })],
  ['pooled with dropout', pooledHead({ numClasses: 2, dropout: 0.3 })],
  ['catavgmax', pooledHead({ numClasses: 2, pooling: 'catavgmax' })],
  ['flattened', flattenedHead({ numClasses: 2, hiddenUnits: 8 })],
  ['dense', denseHead({ numClasses: 2, hiddenUnits: 8 })],
  ['dense, pooled', denseHead({ numClasses: 2, hiddenUnits: 8, pooling: 'avg' })],
  ['sigmoid', pooledHead({ numClasses: 2, activation: 'sigmoid' })],
  ['one sigmoid', pooledHead({ numClasses: 1, activation: 'sigmoid' })],
  ['linear', pooledHead({ numClasses: 2, activation: 'linear' })],
];

/** The flattened head with four hidden units, whose first layer is called so. */
const renamed = (name: string): Head => ({
  name: 'flattened',
  apply: (layers, features) => {
    const vector = layers.flatten({ name: 'flatten' })(features);
    const x = layers.dense({ name, units: 4, activation: 'relu' })(vector);
    return layers.dense({ name: 'predictions', units: 2, activation: 'softmax' })(x);
  },
});

describe('fitHead', () => {
  it.each(HEADS)('teaches a head: %s', async (_, head) => {
    const [training, validation] = [separable(64), separable(32, 2)];
    await expectNoLeak(async () => {
      const result = await fitHead(head, training, { ...FAST, validation });
      const last = result.history[result.bestEpoch]!;
      // During the steps, with dropout.
      expect(last.accuracy).toBeGreaterThan(0.85);
      expect(last.validationAccuracy).toBeGreaterThan(0.9);
      expect(last.gap).toBeCloseTo(last.accuracy - last.validationAccuracy!, 10);
      expect(result.history[0]!.loss).toBeGreaterThan(last.loss);
      result.head.dispose();
    });
    tf.dispose([training.values, validation.values]);
  });

  it('puts the activation on afterwards, and the head on its base', async () => {
    const training = separable(32);
    const { head } = await fitHead(pooledHead({ numClasses: 2 }), training, FAST);
    const scores = head.predict(training.values) as tf.Tensor;
    const sums = scores.sum(1).dataSync();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    const input = tf.input({ shape: [6, 6, 3] });
    const conv = tf.layers.conv2d({ filters: 8, kernelSize: 5 });
    const base = tf.model({ inputs: input, outputs: conv.apply(input) as tf.SymbolicTensor });
    const model = attachHead(base, head);
    expect(model.outputShape).toEqual([null, 2]);
    tf.dispose([scores, training.values]);
    model.dispose();
  });

  it('is the same in two runs of one seed, dropout and order included, and another of another', async () => {
    const training = separable(48);
    const head = flattenedHead({ numClasses: 2, hiddenUnits: 4, dropout: 0.5 });
    const run = async (seed: number) => {
      const result = await fitHead(head, training, { ...FAST, epochs: 3, seed });
      const weights = numbers(result.head);
      result.head.dispose();
      return { weights, history: result.history };
    };
    const [first, second, other] = [await run(1), await run(1), await run(2)];
    expect(second).toEqual(first);
    expect(other.weights).not.toEqual(first.weights);
    training.values.dispose();
  });

  it('goes on from a checkpoint to the weights of an unbroken run, from wherever it was cut', async () => {
    const [training, validation] = [separable(40), separable(24, 3)];
    const head = flattenedHead({ numClasses: 2, hiddenUnits: 4, dropout: 0.5 });
    const options = { ...FAST, epochs: 5, validation, seed: 3 };
    const unbroken = await fitHead(head, training, options);
    const expected = numbers(unbroken.head);
    for (const cut of [1, 2, 4]) {
      let kept: TrainingState | undefined;
      const checkpoint: Checkpoint = {
        load: () => Promise.resolve(kept),
        save: (state) => {
          // As a file would: nothing of it lives on.
          kept = structuredClone(state);
          return Promise.resolve();
        },
      };
      const first = await fitResumable(head, training, { ...options, epochs: cut, checkpoint });
      expect(first.history).toHaveLength(cut);
      first.head.dispose();
      await expectNoLeak(async () => {
        const rest = await fitResumable(head, training, { ...options, checkpoint });
        expect(rest.history).toEqual(unbroken.history);
        expect(byAdam(rest).bestEpoch).toBe(unbroken.bestEpoch);
        expect(numbers(rest.head)).toEqual(expected);
        rest.head.dispose();
      });
    }
    unbroken.head.dispose();
    tf.dispose([training.values, validation.values]);
  });

  it.each([
    ['another number of hidden units', flattenedHead({ numClasses: 2, hiddenUnits: 5 })],
    ['other layers', pooledHead({ numClasses: 2 })],
    ['a layer of another name', renamed('hidden_2')],
  ])('refuses a checkpoint of a head with %s', async (_, other) => {
    const [training, validation] = [separable(16), separable(8, 3)];
    let kept: TrainingState | undefined;
    const checkpoint: Checkpoint = {
      load: () => Promise.resolve(kept),
      save: (state) => Promise.resolve((kept = structuredClone(state))).then(() => undefined),
    };
    const options = { ...FAST, epochs: 1, validation, checkpoint };
    (await fitResumable(renamed('hidden'), training, options)).head.dispose();
    await expectNoLeak(async () => {
      await expect(fitResumable(other, training, { ...options, epochs: 2 })).rejects.toThrow(
        /^checkpoint: expected the weights .*\/kernel.*; it was saved for another head/,
      );
    });
    tf.dispose([training.values, validation.values]);
  });

  it('ends where validation stops getting better, and keeps the best', async () => {
    const training = separable(32);
    const shuffledLabels = separable(32, 5).labels.map((_, i) => (i * 7 + (i % 3)) % 2);
    const validation = { ...separable(32, 5), labels: shuffledLabels };
    const options = { ...FAST, epochs: 40, learningRate: 0.05, validation, patience: 3 };
    const { head, history, bestEpoch, endedBy } = await fitHead(
      pooledHead({ numClasses: 2 }),
      training,
      options,
    );
    expect(endedBy).toBe('patience');
    expect(history).toHaveLength(bestEpoch + 1 + 3);
    const losses = history.map(({ validationLoss }) => validationLoss!);
    expect(Math.min(...losses)).toBe(losses[bestEpoch]);
    const again = await fitHead(pooledHead({ numClasses: 2 }), training, {
      ...options,
      epochs: bestEpoch + 1,
    });
    expect(numbers(head)).toEqual(numbers(again.head));
    head.dispose();
    again.head.dispose();
    tf.dispose([training.values, validation.values]);
  });

  it('weighs classes: a rare one is learned where it counts as much', async () => {
    // 60 of the first, 4 of the second, which lie close together.
    const values = tf.tidy(() => {
      const rare = tf.concat([tf.zeros([60, ...SHAPE]), tf.ones([4, ...SHAPE]).mul(0.08)]);
      return rare.add(tf.randomNormal([64, ...SHAPE], 0, 0.3, 'float32', 4));
    });
    const labels = Int32Array.from({ length: 64 }, (_, i) => (i < 60 ? 0 : 1));
    const features = { values, labels, featureShape: SHAPE };
    const found = async (classWeights?: FitHeadOptions['classWeights']) => {
      const options = { epochs: 10, learningRate: 0.01, ...(classWeights && { classWeights }) };
      const { head } = await fitHead(pooledHead({ numClasses: 2 }), features, options);
      const classes = tf.tidy(() => (head.predict(values) as tf.Tensor).argMax(1).dataSync());
      head.dispose();
      return [...classes].slice(60).filter((each) => each === 1).length;
    };
    expect(await found()).toBeLessThan(2);
    expect(await found('balanced')).toBeGreaterThan(2);
    expect(await found([0.5, 8])).toBeGreaterThan(2);
    values.dispose();
  });

  it('calls TensorFlow.js’s callbacks as fit does, and lets one end it', async () => {
    const [training, validation] = [separable(20), separable(10, 2)];
    const said: string[] = [];
    const logs: tf.Logs[] = [];
    const run = await fitHead(pooledHead({ numClasses: 2 }), training, {
      ...FAST,
      epochs: 2,
      validation,
      callbacks: {
        onTrainBegin: () => {
          said.push('begin');
        },
        onEpochBegin: (epoch) => {
          said.push(`epoch ${epoch}`);
        },
        onBatchEnd: (batch) => {
          said.push(`batch ${batch}`);
        },
        onEpochEnd: (_, log) => {
          logs.push(log ?? {});
        },
        onTrainEnd: () => {
          said.push('end');
        },
      },
    });
    expect(said).toEqual([
      ...['begin', 'epoch 0', 'batch 0', 'batch 1', 'epoch 1', 'batch 0', 'batch 1', 'end'],
    ]);
    expect(logs.map((log) => Object.keys(log))).toEqual(
      Array(2).fill(['loss', 'acc', 'val_loss', 'val_acc']),
    );
    run.head.dispose();
    const stopping = tf.callbacks.earlyStopping({ monitor: 'loss', patience: 0, minDelta: 1e9 });
    const stopped = await fitHead(pooledHead({ numClasses: 2 }), training, {
      ...FAST,
      callbacks: [stopping],
    });
    expect(stopped.endedBy).toBe('callback');
    expect(stopped.history.length).toBeLessThan(FAST.epochs);
    stopped.head.dispose();
    tf.dispose([training.values, validation.values]);
  });

  it('tells of each epoch when its state is kept, and waits', async () => {
    const training = separable(20);
    const said: string[] = [];
    const checkpoint: Checkpoint = {
      load: () => Promise.resolve(undefined),
      save: ({ history }) => Promise.resolve(void said.push(`saved ${history.length}`)),
    };
    const { head, history } = await fitResumable(pooledHead({ numClasses: 2 }), training, {
      ...{ ...FAST, epochs: 2, checkpoint },
      onEpoch: async (epoch) => {
        await new Promise((resolve) => setTimeout(resolve));
        said.push(`epoch ${epoch.epoch}, ${epoch.accuracy}`);
      },
    });
    const told = history.map(({ epoch, accuracy }) => `epoch ${epoch}, ${accuracy}`);
    expect(said).toEqual(['saved 1', told[0], 'saved 2', told[1]]);
    head.dispose();
    training.values.dispose();
  });

  it('leaves a dropout the seed that it had, so that fit draws a mask for each step', async () => {
    const training = separable(8);
    const { head } = await fitResumable(
      pooledHead({ numClasses: 2, dropout: 0.5 }),
      training,
      FAST,
    );
    expect(head.getLayer('dropout').getConfig()['seed']).toBeUndefined();
    head.dispose();
    training.values.dispose();
  });

  it('refuses a checkpoint that has lost moments, which would begin at 0', async () => {
    const training = separable(8);
    let kept: TrainingState | undefined;
    const checkpoint: Checkpoint = {
      load: () => Promise.resolve(kept && { ...kept, moments: kept.moments.slice(1) }),
      save: (state) => Promise.resolve((kept = structuredClone(state))).then(() => undefined),
    };
    const options = { ...FAST, epochs: 1, checkpoint };
    const head = pooledHead({ numClasses: 2 });
    (await fitResumable(head, training, options)).head.dispose();
    await expect(fitResumable(head, training, { ...options, epochs: 2 })).rejects.toThrow(
      /^checkpoint: expected the moments "predictions\/kernel\/gradients \[8,2\]", /,
    );
    training.values.dispose();
  });

  it('ends when it is told to, with what was learned so far', async () => {
    const training = separable(16);
    const controller = new AbortController();
    const { head, history, endedBy } = await fitHead(pooledHead({ numClasses: 2 }), training, {
      ...FAST,
      signal: controller.signal,
      callbacks: {
        onEpochEnd: (epoch) => {
          if (epoch === 2) controller.abort();
        },
      },
    });
    expect(endedBy).toBe('signal');
    expect(history).toHaveLength(3);
    head.dispose();
    training.values.dispose();
  });

  it('trains a head model on from where it stands', async () => {
    const training = separable(32);
    const first = await fitHead(pooledHead({ numClasses: 2 }), training, { ...FAST, epochs: 2 });
    const second = await fitHead(first.head, training, { ...FAST, epochs: 2 });
    expect(second.head).toBe(first.head);
    expect(second.history[0]!.loss).toBeLessThan(first.history[1]!.loss);
    first.head.dispose();
    training.values.dispose();
  });

  it.each([
    [
      'numClasses',
      pooledHead({ numClasses: 2 }),
      {},
      'features.labels[2]: expected a class index from 0 to 1, got 2',
    ],
    [
      'shape',
      pooledHead({ numClasses: 3 }),
      {},
      'features.values: expected images of [8] or [2, 2, 8], got [3, 3, 8]',
    ],
    [
      'epochs',
      pooledHead({ numClasses: 3 }),
      { epochs: 0 },
      'epochs: expected a positive integer, got 0',
    ],
    [
      'learningRate',
      pooledHead({ numClasses: 3 }),
      { learningRate: -1 },
      'learningRate: expected a positive number, got -1',
    ],
    [
      'classWeights',
      pooledHead({ numClasses: 3 }),
      { classWeights: [1] },
      "classWeights: expected 'balanced', or 3 positive numbers, got [1]",
    ],
    [
      'head',
      'pooled',
      {},
      'head: expected a head such as pooledHead() returns, or a tf.LayersModel, got "pooled"',
    ],
  ])('rejects a wrong %s, and leaves nothing behind', async (what, head, options, message) => {
    const features = separable(12, 1, 3);
    const wrong = what === 'shape' ? { ...features, values: tf.zeros([12, 3, 3, 8]) } : features;
    await expectNoLeak(async () => {
      await expect(fitHead(head as Head, wrong, options as FitHeadOptions)).rejects.toThrow(
        message,
      );
    });
    tf.dispose([features.values, wrong.values]);
  });

  it.each([
    ['a fraction', [0, 0.5], 'labels[1]: expected a class index from 0 to 1, got 0.5'],
    ['no number', [0, NaN], 'labels[1]: expected a class index from 0 to 1, got NaN'],
    ['below zero', [-1, 1], 'labels[0]: expected a class index from 0 to 1, got -1'],
    ['too few', [1], 'labels: expected a class for each of 2 images, got 1'],
  ])('rejects labels that are no classes: %s', async (_, labels, message) => {
    const good = separable(4);
    const bad = { ...separable(2, 2), labels: labels as unknown as Int32Array };
    const head = pooledHead({ numClasses: 2 });
    await expectNoLeak(async () => {
      await expect(fitHead(head, bad)).rejects.toThrow(`features.${message}`);
      await expect(fitHead(head, good, { validation: bad })).rejects.toThrow(
        `validation.${message}`,
      );
    });
    tf.dispose([good.values, bad.values]);
  });

  it('leaves a head model’s weights alone where training fails', async () => {
    const features = separable(8);
    const { head } = await fitHead(pooledHead({ numClasses: 2 }), features, FAST);
    const before = numbers(head);
    const [infinite, large] = [Infinity, 1e20].map((value) => ({
      ...features,
      values: tf.fill([8, ...SHAPE], value),
    })) as [Features, Features];
    await expectNoLeak(async () => {
      await expect(fitHead(head, infinite)).rejects.toThrow('features: expected finite numbers');
      await expect(fitHead(head, infinite, FAST)).rejects.toThrow('features: expected finite');
      const lost = { ...FAST, classWeights: TOO_HEAVY };
      await expect(fitHead(head, large, lost)).rejects.toThrow('a loss that stays finite');
      const callbacks = {
        onEpochEnd: () => {
          throw new Error('enough');
        },
      };
      await expect(fitHead(head, features, { ...FAST, callbacks })).rejects.toThrow('enough');
    });
    expect(numbers(head)).toEqual(before);
    head.dispose();
    tf.dispose([features.values, infinite.values, large.values]);
  });

  it('holds no more tensors after 100 epochs than after one', async () => {
    const [training, validation] = [separable(16), separable(8, 2)];
    const held: number[] = [];
    const { head } = await fitHead(flattenedHead({ numClasses: 2, hiddenUnits: 4 }), training, {
      epochs: 100,
      patience: 100,
      // Slowly, so that there is a better epoch to keep up to the end.
      learningRate: 1e-4,
      validation,
      callbacks: {
        onEpochEnd: () => {
          held.push(tf.memory().numTensors);
        },
      },
    });
    expect(held).toHaveLength(100);
    expect(new Set(held.slice(1)).size).toBe(1);
    head.dispose();
    tf.dispose([training.values, validation.values]);
  });

  it.each<[string, () => Head | tf.LayersModel, FitHeadOptions, number]>([
    ['a head of one’s own', () => ({ ...renamed('hidden'), learningRate: 0.3 }), {}, 0.3],
    ['an option', () => pooledHead({ numClasses: 2 }), { learningRate: 0.1 }, 0.1],
  ])(
    'says at which rate the loss stops being finite: that of %s',
    async (_, make, options, rate) => {
      const features = { ...separable(8), values: tf.fill([8, ...SHAPE], 1e20) };
      const head = make();
      const lost = { solver: 'adam', classWeights: TOO_HEAVY, ...options } as const;
      await expectNoLeak(async () => {
        await expect(fitHead(head, features, lost)).rejects.toThrow(
          `learningRate: expected a loss that stays finite, got Infinity at ${rate}; `,
        );
      });
      if (head instanceof tf.LayersModel) head.dispose();
      features.values.dispose();
    },
  );

  it.each<[string, () => Head | tf.LayersModel]>([
    ['the pooled head', () => pooledHead({ numClasses: 2 })],
    ['the flattened head', () => flattenedHead({ numClasses: 2, hiddenUnits: 2 })],
    ['a head model', () => buildHead(pooledHead({ numClasses: 2 }), SHAPE, { seed: 1 })],
  ])('rejects features that are not finite, without a rate: %s', async (_, make) => {
    const features = { ...separable(8), values: tf.fill([8, ...SHAPE], NaN) };
    const head = make();
    await expectNoLeak(async () => {
      await expect(fitHead(head, features, { solver: 'adam' })).rejects.toThrow(
        'features: expected finite numbers',
      );
    });
    if (head instanceof tf.LayersModel) head.dispose();
    features.values.dispose();
  });

  it('says so where features for validation are not finite, which would count as class 0', async () => {
    const features = separable(8);
    const validation = { ...separable(8), values: tf.fill([8, ...SHAPE], NaN) };
    const checkpoint = { load: () => Promise.resolve(undefined), save: jest.fn() };
    await expectNoLeak(async () => {
      const head = pooledHead({ numClasses: 2 });
      await expect(fitResumable(head, features, { validation, checkpoint })).rejects.toThrow(
        /^validation: expected finite numbers/,
      );
      expect(checkpoint.save).not.toHaveBeenCalled();
    });
    tf.dispose([features.values, validation.values]);
  });
});

describe('extractBatches', () => {
  it.each([
    [[0, 0.5], 'batch.labels[1]: expected a class index of 0 or more, got 0.5'],
    [[0, -1], 'batch.labels[1]: expected a class index of 0 or more, got -1'],
    ['01', 'batch.labels: expected an array of class indices, got "01"'],
  ])('rejects labels that are no classes: %j', async (labels, message) => {
    const base = miniResnet('v1', 1);
    await expectNoLeak(async () => {
      const images = tf.zeros<tf.Rank.R4>([2, 32, 32, 3]);
      const batches = [{ images, labels: labels as number[] }];
      await expect(extractBatches(unscaled(base), batches)).rejects.toThrow(message);
    });
    base.dispose();
  });

  const batches = function* (base: tf.LayersModel) {
    for (const seed of [1, 2]) {
      const [, h = 0, w = 0, c = 0] = base.inputs[0]!.shape as number[];
      const images = tf.randomUniform<tf.Rank.R4>([3, h, w, c], 0, 1, 'float32', seed);
      yield { images, labels: [0, 1, 0] };
    }
  };

  it('gives what the base gives, and pooled what base and pooling give', async () => {
    const base = miniResnet('v1', 1);
    await expectNoLeak(async () => {
      const steps: number[] = [];
      const maps = await extractBatches(unscaled(base), batches(base), {
        onImages: (done) => steps.push(done),
      });
      expect(steps).toEqual([3, 6]);
      expect([...maps.labels]).toEqual([0, 1, 0, 0, 1, 0]);
      expect(maps.values.shape).toEqual([6, ...maps.featureShape]);
      const pooled = await extractBatches(unscaled(base), batches(base), {
        head: pooledHead({ numClasses: 2 }),
      });
      expect(pooled.values.shape).toEqual([6, maps.featureShape[2]]);
      const expected = tf.tidy(() => maps.values.mean([1, 2]).dataSync());
      expect(pooled.values.dataSync()).toBeAllclose(expected, 1e-6);
      tf.dispose([maps.values, pooled.values]);
    });
    base.dispose();
  });

  it('gives features on which a head trains as on maps', async () => {
    const base = miniResnet('v1', 1);
    const head = pooledHead({ numClasses: 2 });
    const [maps, pooled] = [
      await extractBatches(unscaled(base), batches(base)),
      await extractBatches(unscaled(base), batches(base), { head }),
    ];
    const options = { epochs: 2, seed: 1 };
    const [onMaps, onPooled] = [
      await fitHead(head, maps, options),
      await fitHead(head, pooled, options),
    ];
    expect(numbers(onPooled.head)).toBeAllclose(numbers(onMaps.head), 1e-6);
    const model = attachHead(base, onPooled.head);
    freeze(model);
    expect(splitModel(model).head.outputShape).toEqual([null, 2]);
    await expect(fitHead(denseHead({ numClasses: 2 }), pooled, options)).rejects.toThrow(
      'features.values: expected images of [1, 1, 64], got [64]',
    );
    onMaps.head.dispose();
    tf.dispose([maps.values, pooled.values]);
    model.dispose();
  });

  it('leaves nothing behind where it is ended, or a batch is none', async () => {
    const base = miniResnet('v1', 1);
    await expectNoLeak(async () => {
      await expect(
        extractBatches(unscaled(base), batches(base), {
          signal: AbortSignal.abort(new Error('enough')),
        }),
      ).rejects.toThrow('enough');
      await expect(extractBatches(unscaled(base), [])).rejects.toThrow(
        'batches: expected at least one batch of images, got []',
      );
      const images = tf.zeros<tf.Rank.R4>([2, 32, 32, 3]);
      await expect(extractBatches(unscaled(base), [{ images, labels: [0] }])).rejects.toThrow(
        'batch.labels: expected a class for each of 2 images, got 1',
      );
    });
    base.dispose();
  });
});

// DESIGN, trap 15: the reason why heads are trained on logits.
describe('a head that is sure and wrong', () => {
  it('stays so through its softmax, and learns on logits', async () => {
    const features = separable(32);
    const stuck = async (train: (head: tf.LayersModel) => Promise<unknown>) => {
      const { head } = await fitHead(pooledHead({ numClasses: 2 }), features, { epochs: 1 });
      const [kernel, bias] = head.getLayer('predictions').getWeights();
      // Scores of 10⁻⁷ and less for every right class.
      tf.tidy(() => {
        const wrong = tf.tensor2d(
          Array.from({ length: 8 }, (_, i) =>
            i === 0 ? [-100, 100] : i === 1 ? [100, -100] : [0, 0],
          ),
        );
        head.getLayer('predictions').setWeights([wrong, tf.zerosLike(bias!)]);
      });
      expect(kernel!.isDisposed).toBe(false);
      await train(head);
      const right = tf.tidy(() => {
        const classes = (head.predict(features.values) as tf.Tensor).argMax(1).dataSync();
        return features.labels.filter((label, i) => classes[i] === label).length;
      });
      head.dispose();
      return right / 32;
    };
    const throughSoftmax = await stuck(async (head) => {
      head.compile({ optimizer: tf.train.adam(0.5), loss: 'categoricalCrossentropy' });
      const truth = tf.oneHot(tf.tensor1d(features.labels, 'int32'), 2);
      await head.fit(features.values, truth, { epochs: 300, batchSize: 32 });
      truth.dispose();
    });
    const onLogits = await stuck((head) =>
      fitHead(head, features, { epochs: 300, batchSize: 32, learningRate: 0.5 }),
    );
    expect(throughSoftmax).toBeLessThan(0.1);
    expect(onLogits).toBeGreaterThan(0.9);
    features.values.dispose();
  });
});
