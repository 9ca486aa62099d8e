import * as tf from '@tensorflow/tfjs';
import { pooledHead } from 'resnet-heads';
import { attachHead } from '../../src/model/attach';
import { fineTune } from '../../src/train/fine-tune';
import { miniResnet, numbers } from '../setup/mini-resnet';

/** Two convolutions at a larger size, and two at that of the feature map, the last of them normalised. */
function ownBase(): tf.LayersModel {
  const image = tf.input({ shape: [16, 16, 3] });
  const conv = (name: string, strides: number) =>
    tf.layers.conv2d({ name, filters: 4, kernelSize: 3, strides, padding: 'same' });
  const x = conv('c', 1).apply(conv('b', 2).apply(conv('a', 1).apply(image))) as tf.SymbolicTensor;
  const norm = tf.layers.batchNormalization({ name: 'norm' }).apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: norm });
}

async function learnedBy(base: tf.LayersModel, size: number): Promise<string[]> {
  const model = attachHead(base, pooledHead({ numClasses: 2 }), { seed: 1 });
  const before = new Map(base.layers.map((layer) => [layer.name, numbersOf(layer)]));
  await fineTune(
    model,
    () => [
      { images: tf.randomUniform([4, size, size, 3], -1, 1, 'float32', 1), labels: [0, 1, 0, 1] },
    ],
    { epochs: 1, learningRate: 0.01 },
  );
  const learned = base.layers.filter((layer) => numbersOf(layer) !== before.get(layer.name));
  const names = learned.map(({ name }) => name);
  expect(numbers(model).every(Number.isFinite)).toBe(true);
  model.dispose();
  return names;
}

const numbersOf = (layer: tf.layers.Layer): string =>
  layer.weights.map((weight) => weight.read().dataSync().join()).join(';');

describe('what fineTune trains by default', () => {
  it("is a ResNet's last stage", async () => {
    const names = await learnedBy(miniResnet('v1', 1), 32);
    expect(names.length).toBeGreaterThan(0);
    expect(names.every((name) => /^conv5_.*_conv$/.test(name))).toBe(true);
  });

  it('is what computes at the size of the feature map, of another backbone', async () => {
    expect(await learnedBy(ownBase(), 16)).toEqual(['b', 'c']);
  });
});
