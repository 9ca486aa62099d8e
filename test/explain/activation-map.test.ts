import * as tf from '@tensorflow/tfjs';
import { attachHead, denseHead, flattenedHead, type Head, pooledHead, resnet } from 'resnet-heads';
import { classActivationMap } from '../../src/explain/activation-map';
import { identityBase, knownImage, knownModel } from '../setup/known-model';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { reload } from '../setup/reload';

const KERNEL = [1, 10, 2, -1];
const BIAS = [0.5, -3];

const pooled = (activation: 'softmax' | 'sigmoid' | 'linear' = 'softmax') =>
  knownModel(pooledHead({ numClasses: 2, activation }), { predictions: [KERNEL, BIAS] });

describe('classActivationMap', () => {
  it('weights the features as the class does, and says its logit', async () => {
    await expectNoLeak(async () => {
      const image = knownImage();
      for (const activation of ['softmax', 'sigmoid', 'linear'] as const) {
        const model = pooled(activation);
        const first = await classActivationMap(model, image, 0);
        expect(first.values.shape).toEqual([2, 2]);
        expect([...first.values.dataSync()]).toEqual([1, 4, 6, 3]);
        expect(first.score).toBe(4);
        const second = await classActivationMap(model, image, 1);
        expect([...second.values.dataSync()]).toEqual([10, 19, -3, 9]);
        expect(second.score).toBe(5.75);
        tf.dispose([first.values, second.values]);
        model.dispose();
      }
      image.dispose();
    });
  });

  it('its mean and the bias are the logit that the model gives', async () => {
    await expectNoLeak(async () => {
      const head = pooledHead({ numClasses: 3, activation: 'linear', dropout: 0.5 });
      const model = attachHead(miniResnet('v1', 1), head, { seed: 2 });
      const biases = tf.tensor1d([0.25, -1, 3]);
      const layer = model.getLayer('predictions');
      layer.setWeights([layer.getWeights()[0]!, biases]);
      const image = tf.randomUniform<tf.Rank.R4>([1, 32, 32, 3], -1, 1, 'float32', 3);
      const logits = model.predict(image) as tf.Tensor;
      for (const [index, logit] of [...logits.dataSync()].entries()) {
        const { values, score } = await classActivationMap(model, image, index);
        const mean = [...values.dataSync()].reduce((a, b) => a + b) / values.size;
        expect(mean + biases.dataSync()[index]!).toBeCloseTo(logit, 5);
        expect(score).toBeCloseTo(logit, 5);
        values.dispose();
      }
      tf.dispose([biases, image, logits]);
      model.dispose();
    });
  });

  it('maps the logit of each position where each is classified', async () => {
    await expectNoLeak(async () => {
      // Hidden units are the features again, so that the values are those of the pooled head.
      const model = knownModel(denseHead({ numClasses: 2, hiddenUnits: 2 }), {
        hidden: [
          [1, 0, 0, 1],
          [0, 0],
        ],
        predictions: [KERNEL, BIAS],
      });
      const image = knownImage();
      const { values, score } = await classActivationMap(model, image, 0);
      expect([...values.dataSync()]).toEqual([1.5, 4.5, 6.5, 3.5]);
      expect(score).toBe(4);
      const other = await classActivationMap(model, image, 1);
      const probabilities = tf.tidy(() => model.predict(image.expandDims(0)) as tf.Tensor);
      const [first] = probabilities.dataSync();
      const odds = values.dataSync()[0]! - other.values.dataSync()[0]!;
      expect(first).toBeCloseTo(1 / (1 + Math.exp(-odds)), 6);
      tf.dispose([image, values, other.values, probabilities]);
      model.dispose();
    });
  });

  it('needs no mark on the model: published tops, and models with their activation apart', async () => {
    const base = identityBase();
    const [features] = base.outputs;
    const average = tf.layers.globalAveragePooling2d({}).apply(features!) as tf.SymbolicTensor;
    const logits = tf.layers.dense({ units: 2, useBias: false }).apply(average);
    const model = tf.model({
      inputs: base.inputs,
      outputs: tf.layers.softmax().apply(logits) as tf.SymbolicTensor,
    });
    const kernel = tf.tensor2d(KERNEL, [2, 2]);
    model.layers.at(-2)!.setWeights([kernel]);
    const image = knownImage();
    const { values, score } = await classActivationMap(model, image, 0);
    expect([...values.dataSync()]).toEqual([1, 4, 6, 3]);
    expect(score).toBe(3.5);
    tf.dispose([kernel, image, values]);
    model.dispose();

    const published = resnet({ includeTop: true, inputShape: [32, 32, 3], weights: 'pending' });
    const picture = tf.zeros<tf.Rank.R3>([32, 32, 3]);
    const map = await classActivationMap(published, picture, 999);
    expect(map.values.shape).toEqual([1, 1]);
    tf.dispose([picture, map.values]);
    published.dispose();
  });

  it('works on a model that was saved and loaded, and leaves nothing on its layers', async () => {
    await expectNoLeak(async () => {
      const built = pooled();
      const model = await reload(built);
      const image = knownImage();
      const nodes = () => model.layers.map((l) => [l.inboundNodes.length, l.outboundNodes.length]);
      const before = nodes();
      const { values } = await classActivationMap(model, image, 0);
      expect([...values.dataSync()]).toEqual([1, 4, 6, 3]);
      expect(nodes()).toEqual(before);
      tf.dispose([image, values]);
      built.dispose();
      model.dispose();
    });
  });

  const NO_SUM = 'its output is not a sum over positions, so no position has a share of the logit';
  const MAXIMUM = 'a maximum comes from one position, so the others have no share of the logit';
  it.each<[string, Head, string]>([
    [
      'max',
      pooledHead({ numClasses: 2, pooling: 'max' }),
      `"max_pool" (GlobalMaxPooling2D): ${MAXIMUM}`,
    ],
    [
      'avgmax',
      pooledHead({ numClasses: 2, pooling: 'avgmax' }),
      `"avgmax_pool" (Average): ${MAXIMUM}`,
    ],
    [
      'catavgmax',
      pooledHead({ numClasses: 2, pooling: 'catavgmax' }),
      `"catavgmax_pool" (Concatenate): ${MAXIMUM}`,
    ],
    ['flattened', flattenedHead({ numClasses: 2, hiddenUnits: 2 }), `"hidden" (Dense): ${NO_SUM}`],
    [
      'perceptron',
      denseHead({ numClasses: 2, hiddenUnits: 2, pooling: 'avg' }),
      `"hidden" (Dense): ${NO_SUM}`,
    ],
  ])('says why there is no map: %s', async (_, head, got) => {
    await expectNoLeak(async () => {
      const model = attachHead(identityBase(), head);
      const image = knownImage();
      await expect(classActivationMap(model, image, 0)).rejects.toThrow(
        new Error(
          `model: expected a last dense layer on averaged features, or on each position of a map, got one on ${got}; build it with pooledHead() or denseHead(), pooling 'avg'`,
        ),
      );
      image.dispose();
      model.dispose();
    });
  });

  it('says what else does not fit', async () => {
    await expectNoLeak(async () => {
      const model = pooled();
      const base = identityBase();
      const image = knownImage();
      const two = tf.zeros<tf.Rank.R4>([2, 2, 2, 2]);
      await expect(classActivationMap(undefined as never, image, 0)).rejects.toThrow(
        new Error('model: expected a tf.LayersModel, got undefined'),
      );
      await expect(classActivationMap(base, image, 0)).rejects.toThrow(
        new Error(
          'model: expected a last dense layer on averaged features, or on each position of a map, got "conv" (Conv2D) as the last layer; build it with pooledHead() or denseHead()',
        ),
      );
      await expect(classActivationMap(model, image, 2)).rejects.toThrow(
        new Error('classIndex: expected an integer from 0 to 1, got 2'),
      );
      await expect(classActivationMap(model, two, 0)).rejects.toThrow(
        new Error(
          "image: expected one image [2, 2, 2], as the model's input, got [2, 2, 2, 2]; resize it, and pass one image at a time",
        ),
      );
      await expect(classActivationMap(model, [1] as never, 0)).rejects.toThrow(
        new Error('image: expected a tensor [h, w, c], got [1]'),
      );
      tf.dispose([image, two]);
      model.dispose();
      base.dispose();
    });
  });
});
