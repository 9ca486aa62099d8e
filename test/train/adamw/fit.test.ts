import * as tf from '@tensorflow/tfjs';
import {
  buildHead,
  denseHead,
  type Features,
  fitHead,
  flattenedHead,
  type Head,
  pooledHead,
} from 'resnet-heads';
import type { Checkpoint, TrainingState } from '../../../src/train/checkpoint';
import { fitResumable } from '../../../src/train/fit-head';
import { byAdam } from '../../setup/adam';
import { expectNoLeak } from '../../setup/memory';
import { numbers } from '../../setup/mini-resnet';

const SHAPE = [2, 2, 8];

/** Maps of two kinds, each with a channel that is higher. */
function maps(images: number, seed: number, scale = 1, shift = 0): Features {
  const labels = Int32Array.from({ length: images }, (_, i) => i % 2);
  const values = tf.tidy(() => {
    const mark = tf.oneHot(tf.tensor1d(labels, 'int32'), 8).reshape([images, 1, 1, 8]);
    const noise = tf.randomNormal([images, ...SHAPE], 0, 0.5, 'float32', seed);
    return noise.add(mark).mul(scale).add(shift);
  });
  return { values, labels, featureShape: SHAPE };
}

/** The accuracy of a head on features, computed from its scores. */
const accuracyOf = (head: tf.LayersModel, { values, labels }: Features): number =>
  tf.tidy(() => {
    const found = (head.predict(values) as tf.Tensor).argMax(-1).dataSync();
    return found.filter((each, i) => each === labels[i]).length / labels.length;
  });

const HEADS: readonly (readonly [string, Head])[] = [
  ['flattened', flattenedHead({ numClasses: 2, hiddenUnits: 8 })],
  ['flattened with dropout', flattenedHead({ numClasses: 2, hiddenUnits: 8, dropout: 0.3 })],
  ['dense', denseHead({ numClasses: 2, hiddenUnits: 8 })],
  ['dense, pooled', denseHead({ numClasses: 2, hiddenUnits: 8, pooling: 'avg' })],
  ['pooled with dropout', pooledHead({ numClasses: 2, dropout: 0.3 })],
  ['sigmoid', flattenedHead({ numClasses: 1, hiddenUnits: 8, activation: 'sigmoid' })],
];

const OPTIONS = { solver: 'adam', batchSize: 16 } as const;
const FLATTENED = flattenedHead({ numClasses: 2, hiddenUnits: 4, dropout: 0.5 });

describe('fitHead without a learning rate', () => {
  it.each(HEADS)('teaches a head: %s', async (_, head) => {
    const [training, validation] = [maps(64, 1), maps(64, 2)];
    await expectNoLeak(async () => {
      const result = await fitHead(head, training, { ...OPTIONS, validation });
      expect(result.validationAccuracy).toBeGreaterThan(0.9);
      result.head.dispose();
    });
    tf.dispose([training.values, validation.values]);
  });

  it.each([
    ['a thousandth', 1e-3, 0],
    ['a thousand times', 1e3, 0],
    ['shifted', 1, 30],
  ])('learns the same from features on another scale: %s', async (_, scale, shift) => {
    const [plain, scaled] = [maps(48, 1), maps(48, 1, scale, shift)];
    const head = flattenedHead({ numClasses: 2, hiddenUnits: 8 });
    const [first, second] = [
      await fitHead(head, plain, OPTIONS),
      await fitHead(head, scaled, OPTIONS),
    ];
    const losses = ({ history }: typeof first) => history.map(({ loss }) => loss);
    expect(losses(second)).toBeAllclose(losses(first), 0.01);
    tf.dispose([plain.values, scaled.values]);
    first.head.dispose();
    second.head.dispose();
  });

  it('leaves the weights of features that do not vary alone', async () => {
    const features = maps(32, 1);
    const values = tf.tidy(() => features.values.mul(tf.tensor1d([1, 1, 1, 1, 1, 1, 1, 0])).add(3));
    const head = buildHead(denseHead({ numClasses: 2, hiddenUnits: 3 }), SHAPE, { seed: 1 });
    const rows = () => numbers(head).slice(0, 24);
    const before = rows();
    await fitHead(head, { ...features, values }, { ...OPTIONS, epochs: 1 });
    expect(rows().slice(0, 21)).not.toEqual(before.slice(0, 21));
    // Apart from the weight decay, a tenth in the whole run.
    expect(rows().slice(21)).toBeAllclose(
      before.slice(21).map((x) => x * 0.95 * 0.975),
      0.1,
    );
    tf.dispose([values, features.values]);
    head.dispose();
  });

  it('resumes an interrupted run to the weights of an unbroken one', async () => {
    const [training, validation] = [maps(40, 1), maps(24, 2)];
    const options = { ...OPTIONS, epochs: 5, validation, seed: 3 };
    const unbroken = await fitHead(FLATTENED, training, options);
    for (const cut of [1, 3]) {
      let kept: TrainingState | undefined;
      const checkpoint: Checkpoint = {
        load: () => Promise.resolve(kept),
        save: (state) => Promise.resolve((kept = structuredClone(state))).then(() => undefined),
      };
      const stop = new AbortController();
      const onEpoch = ({ epoch }: { epoch: number }) => {
        if (epoch + 1 === cut) stop.abort();
      };
      const started = { ...options, checkpoint, onEpoch, signal: stop.signal };
      const first = await fitResumable(FLATTENED, training, started);
      expect(first.history).toHaveLength(cut);
      first.head.dispose();
      await expectNoLeak(async () => {
        const rest = await fitResumable(FLATTENED, training, { ...options, checkpoint });
        expect(byAdam(rest).bestEpoch).toBe(byAdam(unbroken).bestEpoch);
        expect(rest.history).toEqual(unbroken.history);
        expect(numbers(rest.head)).toEqual(numbers(unbroken.head));
        rest.head.dispose();
      });
    }
    unbroken.head.dispose();
    tf.dispose([training.values, validation.values]);
  });

  it('trains a head model on from its function, and restores it bit for bit if training fails', async () => {
    const training = maps(32, 1, 10, 50);
    const { head, ...first } = await fitHead(FLATTENED, training, OPTIONS);
    const before = numbers(head);
    const losses: number[] = [];
    const callbacks = {
      onBatchEnd: (_: number, logs?: tf.Logs) => {
        losses.push(logs!['loss']!);
        if (losses.length === 3) throw new Error('enough');
      },
    };
    await expectNoLeak(async () => {
      await expect(fitHead(head, training, { ...OPTIONS, callbacks })).rejects.toThrow('enough');
    });
    expect(numbers(head)).toEqual(before);
    expect(losses[0]).toBeLessThan(first.history[0]!.loss / 2);
    head.dispose();
    training.values.dispose();
  });

  it('uses 1e-3 for a head whose inputs cannot be standardised', async () => {
    const training = maps(32, 1);
    const make = () => {
      const layers = [
        tf.layers.flatten(),
        tf.layers.dense({
          units: 4,
          useBias: false,
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
        tf.layers.dense({ units: 2, activation: 'softmax', kernelInitializer: 'zeros' }),
      ];
      const input = tf.input({ shape: SHAPE });
      const output = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
      return tf.model({ inputs: input, outputs: output });
    };
    const [first, second] = [make(), make()];
    await fitHead(first, training, { ...OPTIONS, epochs: 2 });
    await fitHead(second, training, { ...OPTIONS, epochs: 2, learningRate: 1e-3 });
    expect(numbers(first)).toEqual(numbers(second));
    first.dispose();
    second.dispose();
    training.values.dispose();
  });

  it('shows callbacks the weights for the features as they are, and trains on from changed ones', async () => {
    const training = maps(32, 1, 10, 50);
    const { head } = await fitHead(FLATTENED, training, OPTIONS);
    const passive = { onEpochEnd: () => undefined, onBatchEnd: () => undefined };
    const watched = await fitHead(FLATTENED, training, { ...OPTIONS, callbacks: passive });
    expect(numbers(watched.head)).toEqual(numbers(head));
    watched.head.dispose();
    const seen: number[] = [];
    const look = () => {
      seen.push(accuracyOf(head, training));
    };
    const callbacks = { onEpochBegin: look, onBatchEnd: look, onTrainEnd: look };
    await fitHead(head, training, { ...OPTIONS, epochs: 1, callbacks, onEpoch: look });
    expect(seen).toHaveLength(5);
    expect(Math.min(...seen)).toBeGreaterThan(0.9);
    const zero = () => {
      head.setWeights(head.getWeights().map((each) => tf.zerosLike(each)));
    };
    const stopped = await fitHead(head, training, {
      ...{ ...OPTIONS, epochs: 1 },
      callbacks: { onEpochEnd: zero },
    });
    expect(stopped.loss).toBeCloseTo(Math.LN2, 6);
    expect(numbers(head).every((each) => each === 0)).toBe(true);
    training.values.dispose();
    head.dispose();
  });

  it('leaves the features as they were', async () => {
    const training = maps(16, 1);
    const before = training.values.dataSync().slice();
    const { head } = await fitHead(FLATTENED, training, { ...OPTIONS, epochs: 1 });
    expect(training.values.dataSync()).toEqual(before);
    head.dispose();
    training.values.dispose();
  });
});
