import * as tf from '@tensorflow/tfjs';
import { foldedGraph, modelGraph } from '../../src/export/graph';
import { foldedCopy } from '../../src/model/fold';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier } from '../setup/mini-resnet';

describe('modelGraph', () => {
  it('has each layer after those that it takes from, and all weights', async () => {
    await expectNoLeak(async () => {
      const model = miniClassifier('v1', 10, 1);
      const { input, nodes, output } = await modelGraph(model);
      expect([input.type, output.name]).toEqual(['InputLayer', 'predictions']);
      expect(nodes.map(({ name }) => name).sort()).toEqual(
        model.layers.map(({ name }) => name).sort(),
      );
      const seen = new Set<string>();
      for (const { name, inputs } of nodes) {
        expect(inputs.every((each) => seen.has(each))).toBe(true);
        seen.add(name);
      }
      const add = nodes.find(({ name }) => name === 'conv2_block1_add');
      expect(add?.inputs).toEqual(['conv2_block1_0_bn', 'conv2_block1_3_bn']);
      const bn = nodes.find(({ name }) => name === 'conv1_bn');
      expect([...bn!.weights.keys()]).toEqual(['gamma', 'beta', 'moving_mean', 'moving_variance']);
      const numbers = nodes.flatMap(({ weights }) =>
        [...weights.values()].map(({ data }) => data.length),
      );
      expect(numbers.reduce((sum, each) => sum + each, 0)).toBe(model.countParams());
      model.dispose();
    });
  });

  it('refuses what has no one node for each layer', async () => {
    const image = tf.input({ shape: [4] });
    const layer = tf.layers.dense({ units: 4, name: 'shared' });
    const once = layer.apply(image) as tf.SymbolicTensor;
    const twice = tf.model({ inputs: image, outputs: layer.apply(once) as tf.SymbolicTensor });
    await expect(modelGraph(twice)).rejects.toThrow(
      'model: expected each layer to be applied once, got "shared" twice',
    );
    const two = tf.model({ inputs: image, outputs: [once, image] });
    await expect(modelGraph(two)).rejects.toThrow('model: expected one output, got 2');
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ units: 2, inputShape: [4] })],
    });
    const nested = tf.model({ inputs: image, outputs: inner.apply(image) as tf.SymbolicTensor });
    await expect(modelGraph(nested)).rejects.toThrow('got the model "inner" as a layer');
    tf.dispose([layer, inner].flatMap(({ weights }) => weights.map((weight) => weight.read())));
  });
});

describe('foldedGraph', () => {
  it.each(['v1', 'v1.5'] as const)(
    'is the graph of a folded copy, without the copy: variant %s',
    async (variant) => {
      await expectNoLeak(async () => {
        const model = miniClassifier(variant, 10, 1);
        drawWeights(model);
        const copy = foldedCopy(model)!;
        const expected = await modelGraph(copy);
        const found = await foldedGraph(model);
        const parts = ({ nodes }: typeof found) =>
          nodes.map(({ name, type, inputs, outputShape, config: { activation, useBias } }) => ({
            ...{ name, type, inputs, outputShape, activation, useBias },
          }));
        expect(parts(found)).toEqual(parts(expected));
        expect([found.input, found.output].map(({ name }) => name)).toEqual(
          [expected.input, expected.output].map(({ name }) => name),
        );
        const numbers = ({ nodes }: typeof found) => nodes.map(({ weights }) => [...weights]);
        expect(numbers(found)).toEqual(numbers(expected));
        copy.dispose();
        model.dispose();
      });
    },
  );
});
