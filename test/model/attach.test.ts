import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildHead,
  denseHead,
  flattenedHead,
  type Head,
  type LayerFactory,
  pooledHead,
} from 'resnet-heads';
import { expectNoLeak, messageOf } from '../setup/memory';

/** A base by hand, as a user who doesn't want a ResNet would have one. */
function smallBase(shape: (number | null)[] = [8, 8, 3]): tf.LayersModel {
  const image = tf.input({ shape, name: 'image' });
  const conv = tf.layers.conv2d({
    filters: 4,
    kernelSize: 3,
    strides: 2,
    padding: 'same',
    name: 'conv',
  });
  return tf.model({
    inputs: image,
    outputs: conv.apply(image) as tf.SymbolicTensor,
    name: 'small',
  });
}

describe('attachHead', () => {
  it.each([
    ['pooled', pooledHead({ numClasses: 5 }), [null, 5]],
    ['flattened', flattenedHead({ numClasses: 5, hiddenUnits: 6 }), [null, 5]],
    ['dense', denseHead({ numClasses: 5, hiddenUnits: 6 }), [null, 4, 4, 5]],
  ] as const)('puts a %s head on a base made by hand', async (name, head, outputShape) => {
    await expectNoLeak(() => {
      const model = attachHead(smallBase(), head);
      expect(model.outputShape).toEqual(outputShape);
      expect(model.name).toBe(`small_${name}`);
      model.dispose();
    });
  });

  it('takes a Sequential, a base with open height and width, and a base loaded from its saved form', async () => {
    await expectNoLeak(async () => {
      const head = pooledHead({ numClasses: 2, pooling: 'catavgmax' });
      const sequential = tf.sequential({
        layers: [tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 3, kernelSize: 3 })],
      });
      const open = smallBase([null, null, 3]);
      const saved = smallBase();
      let artifacts: tf.io.ModelArtifacts | undefined;
      await saved.save(
        tf.io.withSaveHandler((given) => {
          artifacts = given;
          return Promise.resolve({
            modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' },
          });
        }),
      );
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts!));
      for (const base of [sequential, open, loaded]) {
        const model = attachHead(base, head);
        expect(model.outputShape).toEqual([null, 2]);
        model.dispose();
      }
      saved.dispose();
    });
  });

  it('shares the base with the model instead of copying it', () => {
    const base = smallBase();
    const before = tf.memory().numTensors;
    const model = attachHead(base, pooledHead({ numClasses: 5 }));
    // A kernel and a bias.
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(model.getLayer('conv')).toBe(base.getLayer('conv'));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before - 2);
  });

  it('draws the same weights from the same seed, other ones from another, and other ones for each layer', () => {
    const draw = (seed?: number) => {
      const head = buildHead(
        denseHead({ numClasses: 4, hiddenUnits: 4 }),
        [2, 2, 4],
        seed === undefined ? {} : { seed },
      );
      const kernels = ['hidden', 'predictions'].map((name) => [
        ...(head.getLayer(name).getWeights()[0]?.dataSync() ?? []),
      ]);
      head.dispose();
      return kernels;
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw()).not.toEqual(draw());
    const [hidden, predictions] = draw(7);
    expect(hidden).not.toEqual(predictions);
  });

  it("takes a user's own head", async () => {
    await expectNoLeak(() => {
      const head: Head = {
        name: 'mine',
        apply: (layers, features) =>
          layers.dense({ name: 'mine', units: 3 })(
            layers.globalMaxPooling2d({ name: 'peak' })(features),
          ),
      };
      const model = attachHead(smallBase(), head);
      expect(model.layers.map(({ name }) => name)).toEqual(['image', 'conv', 'peak', 'mine']);
      model.dispose();
    });
  });

  it('takes a head that is a model, with its weights', async () => {
    await expectNoLeak(() => {
      const base = smallBase();
      const head = buildHead(pooledHead({ numClasses: 3, pooling: 'avgmax' }), [4, 4, 4]);
      const model = attachHead(base, head);
      expect(model.getLayer('predictions')).toBe(head.getLayer('predictions'));
      tf.tidy(() => {
        const image = tf.randomUniform([2, 8, 8, 3], 0, 1, 'float32', 1);
        const together = model.predict(image) as tf.Tensor;
        const apart = head.predict(base.predict(image)) as tf.Tensor;
        expect(together.dataSync()).toEqual(apart.dataSync());
      });
      head.dispose();
      model.dispose();
    });
  });

  it("keeps the base's metadata beside its own", () => {
    const base = smallBase();
    base.setUserDefinedMetadata({ classes: ['a', 'b'] });
    const model = attachHead(base, pooledHead({ numClasses: 2 }));
    expect(model.getUserDefinedMetadata()).toEqual({
      classes: ['a', 'b'],
      'resnet-heads': { features: 'conv' },
    });
    model.dispose();
  });

  const vector = () => tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 2 })] });
  const head = pooledHead({ numClasses: 2 });
  it.each<[string, () => tf.LayersModel | undefined, (base: tf.LayersModel) => unknown, string]>([
    [
      'no base',
      () => undefined,
      (base) => attachHead(base, head),
      'base: expected a tf.LayersModel, got undefined',
    ],
    [
      'a base without a map',
      vector,
      (base) => attachHead(base, head),
      'base: expected a feature map [batch, height, width, channels] as output, got [null, 2]; take the model without its top, or cut it before its pooling',
    ],
    [
      'no head',
      smallBase,
      (base) => attachHead(base, undefined as never),
      'head: expected a head { name, apply } or a tf.LayersModel, got undefined; see pooledHead()',
    ],
    [
      'a head by name',
      smallBase,
      (base) => attachHead(base, 'pooled' as never),
      'head: expected a head { name, apply } or a tf.LayersModel, got "pooled"; see pooledHead()',
    ],
    [
      'a number for options',
      smallBase,
      (base) => attachHead(base, head, 1 as never),
      'options: expected an options object, got 1',
    ],
    [
      'other weights',
      smallBase,
      (base) => attachHead(base, head, { weights: 'zeros' as 'random' }),
      `weights: expected one of "random", "pending", got "zeros"; load trained weights afterwards: await loadWeights(model, 'imagenet')`,
    ],
  ])('rejects %s', async (_, makeBase, body, message) => {
    await expectNoLeak(() => {
      const base = makeBase();
      expect(messageOf(() => body(base!))).toBe(`ArgumentError: ${message}`);
      base?.dispose();
    });
  });

  it('rejects a model of another copy of TensorFlow.js, and says how to find it', () => {
    const foreign = { layers: [], outputs: [], inputs: [] } as unknown as tf.LayersModel;
    expect(messageOf(() => attachHead(foreign, head))).toBe(
      'ArgumentError: base: expected a tf.LayersModel of the @tensorflow/tfjs that resnet-heads uses, got one of another copy; see `npm ls @tensorflow/tfjs`, and keep only one copy installed',
    );
  });

  it('rejects a base with two outputs', () => {
    const base = smallBase();
    const both = tf.model({
      inputs: base.inputs,
      outputs: [base.outputs[0]!, base.inputs[0]!],
    });
    expect(messageOf(() => attachHead(both, head))).toBe(
      'ArgumentError: base: expected a model with one output [batch, height, width, channels], got [null, 4, 4, 4] and [null, 8, 8, 3]; cut it at its feature map with tf.model({ inputs, outputs })',
    );
    base.dispose();
  });

  it('frees what it had built when a head fails half-way', async () => {
    await expectNoLeak(() => {
      const base = smallBase();
      const twice: Head = {
        name: 'twice',
        apply(layers, features) {
          const x = layers.dense({ name: 'again', units: 3 })(features);
          return layers.dense({ name: 'again', units: 3 })(x);
        },
      };
      expect(messageOf(() => attachHead(base, twice))).toBe(
        'ArgumentError: layer "again": expected a unique name, got one that the model already has; cut the model at its feature map first, or rename the layer',
      );
      const dense = attachHead(base, denseHead({ numClasses: 2, hiddenUnits: 2 }));
      expect(messageOf(() => attachHead(dense, head))).toBe(
        'ArgumentError: layer "predictions": expected a unique name, got one that the model already has; cut the model at its feature map first, or rename the layer',
      );
      dense.dispose();
    });
  });

  it('frees what it had built when a head returns no output of its own', async () => {
    const base = smallBase();
    await expectNoLeak(() => {
      const forgetful = {
        name: 'forgetful',
        apply: (layers: LayerFactory<unknown>, features: unknown) => {
          layers.dense({ name: 'lost', units: 3 })(features);
        },
      };
      const idle: Head = { name: 'idle', apply: (_, features) => features };
      expect(messageOf(() => attachHead(base, forgetful as Head))).toBe(
        'ArgumentError: head "forgetful": expected apply() to return the output of its last layer, got undefined',
      );
      expect(messageOf(() => attachHead(base, idle))).toBe(
        'ArgumentError: head "idle": expected apply() to return the output of its last layer, got an object',
      );
    });
    base.dispose();
  });

  it('rejects a head model that does not fit', async () => {
    await expectNoLeak(() => {
      const base = smallBase();
      const other = buildHead(head, [7, 7, 8]);
      expect(messageOf(() => attachHead(base, other))).toBe(
        "ArgumentError: head: expected a model that takes the base's features [null, 4, 4, 4], got [null, 7, 7, 8]",
      );
      const same = buildHead(
        {
          name: 'clash',
          apply: (l, x) => l.conv2d({ name: 'conv', filters: 1, kernelSize: 1 })(x),
        },
        [4, 4, 4],
      );
      expect(messageOf(() => attachHead(base, same))).toBe(
        'ArgumentError: head: expected layer names that the base does not have, got "conv" in both; rename it in one of them',
      );
      tf.dispose([...base.getWeights()]);
      other.dispose();
      same.dispose();
    });
  });
});

describe('buildHead', () => {
  it('builds a head alone', async () => {
    await expectNoLeak(() => {
      const model = buildHead(pooledHead({ numClasses: 10 }), [7, 7, 2048], { weights: 'pending' });
      expect(model.inputs[0]?.shape).toEqual([null, 7, 7, 2048]);
      expect(model.countParams()).toBe(20_490);
      model.dispose();
    });
  });

  it.each<[string, () => unknown, string]>([
    [
      'a batch dimension',
      () => buildHead(pooledHead({ numClasses: 2 }), [1, 7, 7, 8]),
      'featureShape: expected [height, width, channels], got [1, 7, 7, 8]; leave the batch size out',
    ],
    [
      'no recipe',
      () => buildHead({} as never, [7, 7, 8]),
      'head: expected a head { name, apply } or a tf.LayersModel, got an object; see pooledHead()',
    ],
  ])('rejects %s', (_, body, message) => {
    expect(messageOf(body)).toBe(`ArgumentError: ${message}`);
  });
});
