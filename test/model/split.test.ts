import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildPooledResnet,
  denseHead,
  flattenedHead,
  pooledHead,
  splitModel,
} from 'resnet-heads';
import { expectNoLeak, messageOf } from '../setup/memory';
import { reload } from '../setup/reload';

function smallBase(): tf.LayersModel {
  const image = tf.input({ shape: [8, 8, 3], name: 'image' });
  const conv = tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, name: 'conv' });
  const relu = tf.layers.reLU({ name: 'relu' });
  return tf.model({
    inputs: image,
    outputs: relu.apply(conv.apply(image)) as tf.SymbolicTensor,
    name: 'small',
  });
}

const HEADS = {
  pooled: pooledHead({ numClasses: 3 }),
  'two branches': pooledHead({ numClasses: 3, pooling: 'catavgmax', dropout: 0.5 }),
  flattened: flattenedHead({ numClasses: 3, hiddenUnits: 5 }),
  dense: denseHead({ numClasses: 3, hiddenUnits: 5 }),
};

describe('splitModel', () => {
  it.each(Object.entries(HEADS))(
    'parts base and head, also after saving and loading: %s',
    async (_, head) => {
      await expectNoLeak(async () => {
        const built = attachHead(smallBase(), head);
        const loaded = await reload(built);
        for (const model of [built, loaded]) {
          const parts = splitModel(model);
          expect(parts.base.outputShape).toEqual([null, 3, 3, 4]);
          expect(parts.head.inputs[0]?.shape).toEqual([null, 3, 3, 4]);
          tf.tidy(() => {
            const image = tf.randomNormal([2, 8, 8, 3], 0, 1, 'float32', 1);
            const whole = model.predict(image) as tf.Tensor;
            const parted = parts.head.predict(parts.base.predict(image)) as tf.Tensor;
            expect(parted.dataSync()).toEqual(whole.dataSync());
          });
          parts.head.dispose();
          model.dispose();
        }
      });
    },
  );

  it('gives views: what the head learns, the model knows', async () => {
    const model = attachHead(smallBase(), pooledHead({ numClasses: 2, activation: 'linear' }));
    const { head } = splitModel(model);
    expect(head.getLayer('predictions')).toBe(model.getLayer('predictions'));
    const before = model.getLayer('predictions').getWeights()[0]?.dataSync().slice();
    head.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const features = tf.randomUniform([4, 3, 3, 4], 0, 1, 'float32', 1);
    const labels = tf.ones([4, 2]);
    await head.fit(features, labels, { epochs: 1 });
    expect(model.getLayer('predictions').getWeights()[0]?.dataSync()).not.toEqual(before);
    tf.dispose([features, labels]);
    head.dispose();
    model.dispose();
  });

  it("finds the features of a model made elsewhere by its layer's name", async () => {
    await expectNoLeak(() => {
      const model = buildPooledResnet({
        numClasses: 2,
        inputShape: [32, 32, 3],
        weights: 'pending',
      });
      const { base, head } = splitModel(model, { at: 'conv4_block6_out' });
      expect(base.outputShape).toEqual([null, 2, 2, 1024]);
      expect(head.layers.some(({ name }) => name === 'conv5_block1_1_conv')).toBe(true);
      head.dispose();
      model.dispose();
    });
  });

  it('says what it can not part', () => {
    const model = attachHead(smallBase(), pooledHead({ numClasses: 2 }));
    expect(messageOf(() => splitModel(undefined as never))).toBe(
      'ArgumentError: model: expected a tf.LayersModel, got undefined',
    );
    expect(messageOf(() => splitModel(smallBase()))).toBe(
      'ArgumentError: model: expected one that attachHead() made, got another one; name the last layer of its base: splitModel(model, { at })',
    );
    expect(messageOf(() => splitModel(model, { at: 'conv9' }))).toBe(
      'ArgumentError: at: expected the name of a layer before the model\'s output, got "conv9"; see model.summary()',
    );
    expect(messageOf(() => splitModel(model, { at: 'avg_pool' }))).toBe(
      'ArgumentError: at: expected a feature map [batch, height, width, channels] as output, got [null, 4]; take the model without its top, or cut it before its pooling',
    );
    const skip = tf.model({
      inputs: model.inputs,
      outputs: tf.layers
        .add({ name: 'skip' })
        .apply([
          tf.layers
            .globalAveragePooling2d({ name: 'of_conv' })
            .apply(model.getLayer('conv').getOutputAt(0)) as tf.SymbolicTensor,
          tf.layers
            .globalAveragePooling2d({ name: 'of_relu' })
            .apply(model.getLayer('relu').getOutputAt(0)) as tf.SymbolicTensor,
        ]) as tf.SymbolicTensor,
    });
    expect(messageOf(() => splitModel(skip, { at: 'relu' }))).toBe(
      'ArgumentError: model: expected a head that reads "relu" only, got one that reads "image" too; split it at another layer',
    );
    model.dispose();
  });
});
