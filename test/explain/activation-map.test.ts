import * as tf from '@tensorflow/tfjs';
import { attachHead, denseHead, pooledHead, resnet } from 'resnet-heads';
import { classActivationMap } from '../../src/explain/activation-map';
import { identityBase, knownImage, knownModel } from '../setup/known-model';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { reload } from '../setup/reload';

const KERNEL = [1, 10, 2, -1];
const BIAS = [0.5, -3];

const pooled = (activation: 'softmax' | 'sigmoid' | 'linear' = 'softmax') =>
  knownModel(pooledHead({ numClasses: 2, activation }), { predictions: [KERNEL, BIAS] });

/** The map of an image, whose features the model's own layers compute. */
const mapOf = (model: tf.LayersModel, image: tf.Tensor, index: number) =>
  classActivationMap(
    model,
    (features) =>
      Promise.resolve(
        tf.tidy(() => {
          const outputs = [...model.outputs, features];
          const images = image.reshape([-1, ...image.shape.slice(-3)]);
          const [, found] = tf
            .model({ inputs: model.inputs, outputs })
            .predict(images) as tf.Tensor[];
          return found as tf.Tensor4D;
        }),
      ),
    index,
  );

describe('classActivationMap', () => {
  it('weights the features as the class does, and says its logit', async () => {
    await expectNoLeak(async () => {
      const image = knownImage();
      for (const activation of ['softmax', 'sigmoid', 'linear'] as const) {
        const model = pooled(activation);
        const first = await mapOf(model, image, 0);
        expect(first.values.shape).toEqual([2, 2]);
        expect([...first.values.dataSync()]).toEqual([1, 4, 6, 3]);
        expect(first.score).toBe(4);
        const second = await mapOf(model, image, 1);
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
        const { values, score } = await mapOf(model, image, index);
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
      const { values, score } = await mapOf(model, image, 0);
      expect([...values.dataSync()]).toEqual([1.5, 4.5, 6.5, 3.5]);
      expect(score).toBe(4);
      const other = await mapOf(model, image, 1);
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
    const { values, score } = await mapOf(model, image, 0);
    expect([...values.dataSync()]).toEqual([1, 4, 6, 3]);
    expect(score).toBe(3.5);
    tf.dispose([kernel, image, values]);
    model.dispose();

    const published = resnet({ includeTop: true, inputShape: [64, 64, 3], weights: 'pending' });
    const picture = tf.zeros<tf.Rank.R3>([64, 64, 3]);
    const map = await mapOf(published, picture, 999);
    expect(map.values.shape).toEqual([2, 2]);
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
      const { values } = await mapOf(model, image, 0);
      expect([...values.dataSync()]).toEqual([1, 4, 6, 3]);
      expect(nodes()).toEqual(before);
      tf.dispose([image, values]);
      built.dispose();
      model.dispose();
    });
  });

  it('maps the second score of two as the opposite of the first, if one logit stands for both', async () => {
    await expectNoLeak(async () => {
      const model = knownModel(pooledHead({ numClasses: 1, activation: 'sigmoid' }), {
        predictions: [[1, 2], [0.5]],
      });
      const image = knownImage();
      const [first, second] = [await mapOf(model, image, 0), await mapOf(model, image, 1)];
      expect([...second.values.dataSync()]).toEqual([1, 4, 6, 3]);
      expect([...first.values.dataSync()]).toEqual([-1, -4, -6, -3]);
      expect([first.score, second.score]).toEqual([-4, 4]);
      tf.dispose([image, first.values, second.values]);
      model.dispose();
    });
  });

  it('takes the whole map of a top that pools to a map of one position', async () => {
    await expectNoLeak(async () => {
      const base = identityBase();
      const [features] = base.outputs;
      const average = tf.layers.globalAveragePooling2d({}).apply(features!);
      const cell = tf.layers.reshape({ targetShape: [1, 1, 2] }).apply(average);
      const scores = tf.layers.conv2d({ filters: 2, kernelSize: 1, useBias: false }).apply(cell);
      const flat = tf.layers.reshape({ targetShape: [2] }).apply(scores);
      const outputs = tf.layers.softmax().apply(flat) as tf.SymbolicTensor;
      const model = tf.model({ inputs: base.inputs, outputs });
      const kernel = tf.tensor4d(KERNEL, [1, 1, 2, 2]);
      model.layers.at(-3)!.setWeights([kernel]);
      const image = knownImage();
      const { values } = await mapOf(model, image, 0);
      expect([...values.dataSync()]).toEqual([1, 4, 6, 3]);
      tf.dispose([kernel, image, values]);
      model.dispose();
    });
  });

  it('gives the model its activation back', async () => {
    const softmax = tf.layers.softmax();
    const own = knownModel(pooledHead({ numClasses: 2 }), { predictions: [KERNEL, BIAS] });
    const logits = knownModel(pooledHead({ numClasses: 2, activation: 'linear' }), {
      predictions: [KERNEL, BIAS],
    });
    const outputs = softmax.apply(logits.outputs) as tf.SymbolicTensor;
    const apart = tf.model({ inputs: logits.inputs, outputs });
    const image = knownImage();
    const broken = (): Promise<tf.Tensor4D> => Promise.resolve(tf.zeros([1, 2, 2, 5]));
    for (const model of [own, apart]) {
      const scores = () =>
        tf.tidy(() => [...(model.predict(image.expandDims(0)) as tf.Tensor).dataSync()]);
      const before = scores();
      (await mapOf(model, image, 0)).values.dispose();
      await expect(classActivationMap(model, broken, 0)).rejects.toThrow();
      expect(scores()).toEqual(before);
      expect(before[0]! + before[1]!).toBeCloseTo(1);
    }
    image.dispose();
  });

  it('says what else does not fit', async () => {
    await expectNoLeak(async () => {
      const model = pooled();
      const base = identityBase();
      const image = knownImage();
      await expect(mapOf(undefined as never, image, 0)).rejects.toThrow(
        new Error('model: expected a tf.LayersModel, got undefined'),
      );
      const vector = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
      await expect(mapOf(vector, image, 0)).rejects.toThrow(
        new Error(
          'model: expected features [batch, height, width, channels] that all scores are computed from, got [[null, 3]]; build it with attachHead()',
        ),
      );
      await expect(mapOf(model, image, 2)).rejects.toThrow(
        new Error('classIndex: expected an integer from 0 to 1, got 2'),
      );
      const seam = base.outputs[0]!;
      const average = tf.layers.globalAveragePooling2d({}).apply(seam);
      const beside = tf.layers.flatten().apply(base.inputs[0]!);
      const joined = tf.layers.concatenate().apply([average, beside] as tf.SymbolicTensor[]);
      const outputs = tf.layers.dense({ units: 2 }).apply(joined) as tf.SymbolicTensor;
      const both = tf.model({ inputs: base.inputs, outputs });
      both.setUserDefinedMetadata({ 'resnet-heads': { features: 'conv' } });
      await expect(mapOf(both, image, 0)).rejects.toThrow(
        new Error(
          'model: expected a head that reads the features "conv" only, got one that reads other layers of the backbone too',
        ),
      );
      image.dispose();
      vector.dispose();
      model.dispose();
      both.dispose();
    });
  });
});
