import * as tf from '@tensorflow/tfjs';
import { attachHead, freeze, pooledHead, splitModel, unfreeze } from 'resnet-heads';
import { hashModel } from '../../src/weights/hash-model';
import { everyLayer } from '../setup/every-layer';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { reload } from '../setup/reload';
import { OTHER_BASES, smallBase } from '../setup/small-base';

const hashed = async (model: tf.LayersModel): Promise<string> => {
  const hash = await hashModel(model);
  model.dispose();
  return hash;
};

const dense = (seed: number) =>
  tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.glorotUniform({ seed }) });

/** A model within a model, and a layer within a layer. */
function nested(seed: number, activation: 'relu' | 'elu' = 'relu'): tf.LayersModel {
  const inner = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [4, 3] }),
      tf.layers.timeDistributed({ layer: dense(seed) }),
      tf.layers.activation({ activation }),
    ],
  });
  const input = tf.input({ shape: [4, 3] });
  return tf.model({ inputs: input, outputs: inner.apply(input) as tf.SymbolicTensor });
}

/** One layer called twice, or two with the same weights. */
function twice(shared: boolean): tf.LayersModel {
  const input = tf.input({ shape: [2] });
  const [first, second] = shared ? [dense(1), undefined] : [dense(1), dense(1)];
  const x = first.apply(input);
  return tf.model({ inputs: input, outputs: (second ?? first).apply(x) as tf.SymbolicTensor });
}

describe('hashModel', () => {
  it.each([
    ['a ResNet', () => miniResnet('v1.5', 1)],
    ['each kind of layer', everyLayer],
    ['a model within a model', () => nested(1)],
    ['a layer that is called twice', () => twice(true)],
  ])('stays the same when %s is saved and loaded', async (_, build) => {
    await expectNoLeak(async () => {
      const model = build();
      const copy = await reload(model);
      expect(await hashModel(copy)).toBe(await hashModel(model));
      tf.dispose([model, copy].flatMap((each) => each.weights.map((weight) => weight.read())));
    });
  });

  it('does not depend on names, nor on the order of keys in the file', async () => {
    expect(await hashed(smallBase())).toBe(await hashed(smallBase()));
    expect(await hashed(nested(1))).toBe(await hashed(nested(1)));
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, each]) => [key, reversed(each)]),
            )
          : value;
    const model = smallBase();
    const modelTopology = reversed(model.toJSON(undefined, false)) as object;
    const other = await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology }) });
    other.setWeights(model.getWeights());
    expect(await hashed(other)).toBe(await hashed(model));
  });

  it('does not depend on what is trainable', async () => {
    const model = miniResnet('v1', 1);
    const hash = await hashModel(model);
    freeze(model);
    expect(await hashModel(model)).toBe(hash);
    unfreeze(model, ({ name }) => name.startsWith('conv5'));
    expect(await hashModel(model)).toBe(hash);
    model.dispose();
  });

  it('is that of the base, where a head was put on it', async () => {
    const base = miniResnet('v1', 1);
    const model = attachHead(base, pooledHead({ numClasses: 2 }), { seed: 1 });
    expect(await hashModel(splitModel(model).base)).toBe(await hashModel(base));
    expect(await hashModel(model)).not.toBe(await hashModel(base));
    model.dispose();
  });

  it.each([...OTHER_BASES, ['input size', { size: 33 }] as const])(
    'tells apart models of the same weights that differ in their %s',
    async (_, other) => {
      expect(await hashed(smallBase(other))).not.toBe(await hashed(smallBase()));
    },
  );

  it('tells apart what is within a layer, and layers that are shared from layers that are alike', async () => {
    const hashes = [nested(1), nested(2), nested(1, 'elu'), twice(true), twice(false)].map(hashed);
    expect(new Set(await Promise.all(hashes)).size).toBe(hashes.length);
  });

  it('tells apart models of which any one number differs', async () => {
    const model = miniResnet('v1', 1);
    const hashes = [await hashModel(model)];
    for (const layer of model.layers) {
      for (const variable of layer.weights) {
        const before = variable.read().clone();
        const data = Float32Array.from(before.dataSync());
        data[data.length - 1] = (data.at(-1) ?? 0) + 1e-3;
        const after = tf.tensor(data, before.shape);
        variable.write(after);
        hashes.push(await hashModel(model));
        variable.write(before);
        tf.dispose([before, after]);
      }
    }
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(await hashModel(model)).toBe(hashes[0]);
    model.dispose();
  });
});
