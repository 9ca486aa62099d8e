import * as tf from '@tensorflow/tfjs';
import { attachHead, foldBatchNorm, type Head, pooledHead, splitModel } from 'resnet-heads';
import { drawImage, drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, miniResnet, numbers } from '../setup/mini-resnet';
import { reload } from '../setup/reload';

const TOLERANCE = 1e-5;

type Op = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
const op =
  (layer: tf.layers.Layer): Op =>
  (x) =>
    layer.apply(x) as tf.SymbolicTensor;

/** Layers one after the other on an image `[8, 8, 3]`, with drawn weights. */
function chain(layers: readonly tf.layers.Layer[]): tf.LayersModel {
  const image = tf.input({ shape: [8, 8, 3], name: 'image' });
  const outputs = layers.reduce((x, layer) => op(layer)(x), image);
  const model = tf.model({ inputs: image, outputs });
  drawWeights(model);
  return model;
}

const { conv2d, depthwiseConv2d, separableConv2d, dense, reLU, activation, zeroPadding2d } =
  tf.layers;
const conv = (more: object = {}) => conv2d({ filters: 4, kernelSize: 3, name: 'conv', ...more });
const norm = (more: object = {}) => tf.layers.batchNormalization({ name: 'norm', ...more });

const namesOf = (model: tf.LayersModel) => model.layers.map(({ name }) => name);

/** What a model answers to an image that the measurement in `foldBatchNorm` doesn't see. */
function answer(model: tf.LayersModel): Float32Array {
  return tf.tidy(() => {
    const [, ...shape] = model.inputs[0]!.shape as number[];
    return (model.predict(drawImage(shape)) as tf.Tensor).dataSync<'float32'>();
  });
}

/** Folds, holds the answers against each other, hands the result to `look`, and disposes both. */
async function folding(
  model: tf.LayersModel,
  look: (result: Awaited<ReturnType<typeof foldBatchNorm>>) => unknown,
): Promise<void> {
  await expectNoLeak(async () => {
    const result = await foldBatchNorm(model, { measure: true });
    expect(answer(result.model)).toBeAllclose(answer(model), TOLERANCE);
    expect(result.maxError).toBeLessThan(TOLERANCE);
    await look(result);
    result.model.dispose();
  });
  model.dispose();
}

describe('foldBatchNorm', () => {
  it.each(['v1', 'v1.5'] as const)('folds every BatchNorm of a ResNet %s', async (variant) => {
    const model = miniClassifier(variant);
    drawWeights(model);
    const before = numbers(model);
    const norms = namesOf(model).filter((name) => name.endsWith('_bn'));
    await folding(model, ({ model: folded, folded: gone, kept }) => {
      expect([...gone].sort()).toEqual(norms.sort());
      expect(kept).toEqual([]);
      const inner = namesOf(model).filter((name) => /_bn$|_\d_relu$|^conv1_relu$/.test(name));
      const rest = namesOf(model).filter((name) => !inner.includes(name));
      expect(namesOf(folded).sort()).toEqual(rest.sort());
      expect(folded.getLayer('conv2_block1_1_conv').getConfig()['activation']).toBe('relu');
      // What is added to the shortcut before its ReLU.
      expect(folded.getLayer('conv2_block1_3_conv').getConfig()['activation']).toBe('linear');
      expect(folded.trainableWeights).toEqual([]);
      expect(folded.layers.every(({ trainable }) => !trainable)).toBe(true);
    });
    expect(before.length).toBeGreaterThan(0);
  });

  it('leaves the model as it is, and shares no weight with it', async () => {
    const model = miniClassifier('v1', 3, 1);
    const [before, answered] = [numbers(model), answer(model)];
    const { model: folded } = await foldBatchNorm(model);
    expect(numbers(model)).toEqual(before);
    expect(namesOf(model)).toContain('conv1_bn');
    expect(model.getLayer('predictions').trainable).toBe(true);
    const own = answer(folded);
    // Weights of the head were taken over as they are.
    tf.tidy(() => {
      const layer = model.getLayer('predictions');
      layer.setWeights(layer.getWeights().map((weight) => tf.zerosLike(weight)));
    });
    expect(answer(folded)).toEqual(own);
    model.dispose();
    expect(answer(folded)).toEqual(own);
    expect(own).toBeAllclose(answered, TOLERANCE);
    folded.dispose();
  });

  it('folds depthwise convolutions, whose channels are two axes of the kernel', async () => {
    const model = chain([
      conv({ strides: 2, useBias: false }),
      norm({ name: 'first' }),
      reLU({ maxValue: 6, name: 'relu6' }),
      depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3, useBias: false, name: 'depthwise' }),
      norm({ name: 'second' }),
      reLU({ name: 'relu' }),
      conv({ kernelSize: 1, name: 'pointwise' }),
      norm({ name: 'third' }),
    ]);
    await folding(model, ({ model: folded, folded: gone, kept }) => {
      expect([gone, kept]).toEqual([['first', 'second', 'third'], []]);
      const names = ['image', 'conv', 'relu6', 'depthwise', 'relu', 'pointwise'];
      expect(namesOf(folded)).toEqual(names);
      expect(folded.outputNames).toEqual(['pointwise']);
    });
  });

  it.each<[string, tf.layers.Layer[]]>([
    ['conv2d, no scale', [conv(), norm({ scale: false })]],
    ['conv2d, no centre', [conv(), norm({ center: false })]],
    [
      'conv2d without bias, neither',
      [conv({ useBias: false }), norm({ scale: false, center: false })],
    ],
    ['dense on a map', [dense({ units: 5, name: 'dense' }), norm(), reLU({ name: 'relu' })]],
    ['an epsilon of its own', [conv(), norm({ epsilon: 0.5 })]],
    ['the last axis, counted from the front', [conv(), norm({ axis: 3 })]],
    ['a ReLU as an activation', [conv(), norm(), activation({ activation: 'relu', name: 'relu' })]],
  ])('folds %s', async (_, layers) => {
    const model = chain(layers);
    await folding(model, ({ model: folded, folded: gone }) => {
      expect(gone).toEqual(['norm']);
      // The input, and one layer for all.
      expect(folded.layers).toHaveLength(2);
    });
  });

  it.each<[string, tf.layers.Layer[]]>([
    ['another axis', [conv(), norm({ axis: 1 })]],
    ['a padding between', [conv(), zeroPadding2d({ name: 'pad' }), norm()]],
    ['an activation of the convolution', [conv({ activation: 'tanh' }), norm()]],
    [
      'a separable convolution',
      [separableConv2d({ filters: 4, kernelSize: 3, name: 'conv' }), norm()],
    ],
    ['no convolution', [norm()]],
    ['channels first', [conv({ dataFormat: 'channelsFirst' }), norm({ axis: 1 })]],
    ['channels first, the last axis', [conv({ dataFormat: 'channelsFirst' }), norm()]],
  ])('keeps a BatchNorm: %s', async (_, layers) => {
    const model = chain(layers);
    await folding(model, ({ model: folded, folded: gone, kept }) => {
      expect([gone, kept]).toEqual([[], ['norm']]);
      expect(namesOf(folded)).toEqual(namesOf(model));
    });
  });

  it('keeps what something else reads, too', async () => {
    const image = tf.input({ shape: [8, 8, 3], name: 'image' });
    const read = op(conv({ name: 'read_twice' }))(image);
    const normed = op(norm({ name: 'kept' }))(read);
    const sum = tf.layers.add({ name: 'sum' }).apply([read, normed]) as tf.SymbolicTensor;
    const folded = op(norm({ name: 'folded' }))(op(conv({ name: 'once' }))(sum));
    const relu = op(reLU({ name: 'relu' }))(folded);
    const outputs = tf.layers.add({ name: 'end' }).apply([relu, folded]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: image, outputs });
    drawWeights(model);
    await folding(model, (result) => {
      expect([result.folded, result.kept]).toEqual([['folded'], ['kept']]);
      expect(namesOf(result.model)).toContain('relu');
      expect(result.model.getLayer('once').getConfig()['activation']).toBe('linear');
    });
  });

  it('keeps every output that the model has', async () => {
    const image = tf.input({ shape: [8, 8, 3], name: 'image' });
    const first = op(conv({ name: 'first' }))(image);
    const normed = op(norm())(first);
    const second = op(conv({ name: 'second' }))(normed);
    const end = op(norm({ name: 'last' }))(second);
    const model = tf.model({
      inputs: image,
      outputs: [first, end, op(reLU({ name: 'relu' }))(end)],
    });
    drawWeights(model);
    await expectNoLeak(async () => {
      const result = await foldBatchNorm(model, { measure: true });
      expect([result.folded, result.kept]).toEqual([['last'], ['norm']]);
      expect(result.model.outputNames).toEqual(['first', 'second', 'relu']);
      expect(result.maxError).toBeLessThan(TOLERANCE);
      result.model.dispose();
    });
    model.dispose();
  });

  it('can be split where it could, also after saving and loading', async () => {
    const base = chain([conv(), norm()]);
    const head: Head = {
      name: 'begins with a ReLU',
      apply: (layers, features) => {
        const relu = layers.activation({ name: 'relu', activation: 'relu' })(features);
        const pooled = layers.globalAveragePooling2d({ name: 'pool' })(relu);
        return layers.dense({ name: 'scores', units: 2 })(pooled);
      },
    };
    const model = attachHead(base, head, { seed: 1 });
    model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), ours: 1 });
    const features = answer(base);
    expect(Math.min(...features)).toBeLessThan(0);
    await folding(model, async ({ model: folded }) => {
      const loaded = await reload(folded);
      for (const each of [folded, loaded]) {
        expect(each.getUserDefinedMetadata()).toMatchObject({ ours: 1 });
        const parts = splitModel(each);
        expect(namesOf(parts.base)).toEqual(['image', 'conv']);
        expect(answer(parts.base)).toBeAllclose(features, TOLERANCE);
        parts.head.dispose();
      }
      loaded.dispose();
    });
  });

  it('folds a Sequential that begins with a model', async () => {
    const base = chain([conv(), norm()]);
    const model = tf.sequential({ layers: [base, dense({ units: 2, name: 'dense' })] });
    await folding(model, ({ model: folded, folded: gone }) => {
      expect(gone).toEqual(['norm']);
      expect(namesOf(folded)).toEqual(['image', 'conv', 'dense']);
    });
  });

  it('folds layers that are in another model, too', async () => {
    // The head's layers were applied in a model of their own before they were attached.
    const model = attachHead(chain([conv(), norm()]), pooledHead({ numClasses: 2 }));
    const { head } = splitModel(model);
    const { folded, model: copy } = await foldBatchNorm(model);
    expect(folded).toEqual(['norm']);
    copy.dispose();
    head.dispose();
    model.dispose();
  });

  it('runs neither model unless it is asked to measure', async () => {
    const model = chain([conv(), norm()]);
    const predict = jest.spyOn(tf.LayersModel.prototype, 'predict');
    const result = await foldBatchNorm(model);
    expect(predict).not.toHaveBeenCalled();
    expect(result).not.toHaveProperty('maxError');
    predict.mockRestore();
    result.model.dispose();
    model.dispose();
  });

  it('measures the error on the images that it is given, relative to the largest value', async () => {
    const model = chain([conv(), norm()]);
    await expectNoLeak(async () => {
      const images = tf.randomUniform([2, 8, 8, 3], 0, 255, 'float32', 2);
      const { model: folded, maxError } = await foldBatchNorm(model, { images });
      const [expected, received] = [model, folded].map((each) =>
        tf.tidy(() => (each.predict(images) as tf.Tensor).dataSync()),
      );
      const off = Array.from(expected!, (value, i) => Math.abs(value - received![i]!));
      expect(maxError).toBe(Math.max(...off) / Math.max(...expected!.map(Math.abs)));
      expect(maxError).toBeGreaterThan(0);
      images.dispose();
      folded.dispose();
    });
    model.dispose();
  });

  it('says NaN where a model does, and zero where both are zero', async () => {
    for (const [fill, expected] of [
      [NaN, NaN],
      [0, 0],
    ] as const) {
      const model = chain([conv()]);
      tf.tidy(() => {
        const layer = model.getLayer('conv');
        layer.setWeights(layer.getWeights().map(({ shape }) => tf.fill(shape, fill)));
      });
      const { model: folded, maxError } = await foldBatchNorm(model, { measure: true });
      expect(maxError).toBe(expected);
      folded.dispose();
      model.dispose();
    }
  });

  it('takes a model of open height and width', async () => {
    const image = tf.input({ shape: [null, null, 3], name: 'image' });
    const model = tf.model({ inputs: image, outputs: op(norm())(op(conv())(image)) });
    drawWeights(model);
    const { model: folded, maxError } = await foldBatchNorm(model, { measure: true });
    expect(folded.inputs[0]?.shape).toEqual([null, null, null, 3]);
    expect(maxError).toBeLessThan(TOLERANCE);
    folded.dispose();
    model.dispose();
  });
});

/** Has a config that doesn't say what it was made of. */
class Unregistered extends tf.layers.Layer {
  static readonly className: string = 'Unregistered';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return [inputs].flat()[0]!.mul(2);
  }
}

class Unmakeable extends Unregistered {
  static override readonly className: string = 'Unmakeable';
  constructor(config: { readonly secret?: number }) {
    super({});
    if (config.secret === undefined) throw new Error('no secret');
  }
}
tf.serialization.registerClass(Unmakeable);

describe('foldBatchNorm refuses', () => {
  async function messageOf(model: tf.LayersModel, options?: object): Promise<string> {
    let message = 'nothing was thrown';
    await expectNoLeak(async () => {
      try {
        await foldBatchNorm(model, options);
      } catch (error) {
        message = (error as Error).message;
      }
    });
    return message;
  }

  it('a model as a layer', async () => {
    const inner = tf.sequential({ name: 'inner', layers: [conv({ inputShape: [8, 8, 3] })] });
    const image = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({ inputs: image, outputs: op(norm())(op(inner)(image)) });
    expect(await messageOf(model)).toBe(
      'model: expected layers only, got the model "inner" as a layer; apply its layers one by one, as attachHead() does',
    );
  });

  it('a layer that is applied twice', async () => {
    const image = tf.input({ shape: [8, 8, 3] });
    const shared = op(conv({ filters: 3, padding: 'same' }));
    const model = tf.model({ inputs: image, outputs: op(norm())(shared(shared(image))) });
    expect(await messageOf(model)).toBe(
      'model: expected each layer to be applied once, got "conv" twice',
    );
  });

  it('a layer of a class that can’t be made again', async () => {
    const model = chain([conv(), norm(), new Unregistered({ name: 'own' })]);
    expect(await messageOf(model)).toBe(
      'model: expected layers of registered classes, got "own" of Unregistered; call tf.serialization.registerClass() first',
    );
    model.dispose();
  });

  it('what fails half-way, and leaves nothing behind', async () => {
    const model = chain([conv(), norm(), new Unmakeable({ secret: 1 })]);
    expect(await messageOf(model)).toBe('no secret');
    model.dispose();
  });

  it('images that the model doesn’t take', async () => {
    const model = miniResnet('v1', 1);
    const images = tf.zeros([1, 8, 8, 3]);
    expect(await messageOf(model, { images })).toContain('expected input');
    images.dispose();
    model.dispose();
  });

  it('what is no model, or isn’t built', async () => {
    const nothing = undefined as unknown as tf.LayersModel;
    expect(await messageOf(nothing)).toBe('model: expected a tf.LayersModel, got undefined');
    expect(await messageOf(tf.sequential())).toBe(
      'model: expected one that is built, got one without outputs',
    );
    const model = chain([conv()]);
    const options = null as unknown as object;
    expect(await messageOf(model, options)).toBe('options: expected an options object, got null');
    model.dispose();
  });
});
