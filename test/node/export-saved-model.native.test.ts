import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildPooledResnet,
  denseHead,
  exportSavedModel,
  flattenedHead,
  type Head,
  loadTfjsNode,
  pooledHead,
  type Preprocessing,
  preprocess,
  type SavedModelOptions,
} from 'resnet-heads';
import sharp from 'sharp';
import { fitPicture } from '../../src/pictures/fit';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniBasic, miniClassifier, miniResnet } from '../setup/mini-resnet';
import { everyLayer } from '../setup/every-layer';

/** Of the largest value. */
const TOLERANCE = 1e-5;

let native: typeof import('@tensorflow/tfjs-node');
let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  native = await loadTfjsNode();
  expect(await tf.setBackend('tensorflow')).toBe(true);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-savedmodel-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function answerOf(path: string, input: tf.Tensor): Promise<tf.Tensor> {
  const loaded = await native.node.loadSavedModel(path, ['serve'], 'serving_default');
  try {
    return loaded.predict(input) as tf.Tensor;
  } finally {
    loaded.dispose();
  }
}

/** Disposes both. */
function expectSame(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const largest = (tensor: () => tf.Tensor) => tf.tidy(() => tensor().abs().max().dataSync()[0]!);
  const scale = largest(() => expected);
  expect(scale).toBeGreaterThan(0);
  expect(largest(() => actual.sub(expected)) / scale).toBeLessThan(TOLERANCE);
  tf.dispose([actual, expected]);
}

/** Exports, runs what was exported on two images, and compares. */
async function expectSameAnswers(
  model: tf.LayersModel,
  options?: SavedModelOptions,
): Promise<void> {
  await exportSavedModel(model, at('model'), options);
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const images = tf.randomUniform([2, ...shape], -1, 1, 'float32', 1);
  expectSame(await answerOf(at('model'), images), model.predict(images) as tf.Tensor);
  images.dispose();
}

const HEADS: readonly (readonly [string, Head])[] = [
  ['pooled', pooledHead({ numClasses: 5 })],
  ['pooled, max', pooledHead({ numClasses: 5, pooling: 'max', activation: 'sigmoid' })],
  ['pooled, avgmax', pooledHead({ numClasses: 5, pooling: 'avgmax', dropout: 0.2 })],
  ['pooled, catavgmax', pooledHead({ numClasses: 5, pooling: 'catavgmax', activation: 'linear' })],
  ['flattened', flattenedHead({ numClasses: 5, hiddenUnits: 16 })],
  ['dense', denseHead({ numClasses: 5, hiddenUnits: 16 })],
  ['dense, pooled', denseHead({ numClasses: 1, pooling: 'avg', activation: 'sigmoid' })],
];

describe('a SavedModel answers as the layers model does', () => {
  const cases = HEADS.flatMap(([name, head]) =>
    (['v1', 'v1.5'] as const).map((variant) => [name, variant, head] as const),
  );
  it.each(cases)('%s head on %s', async (_, variant, head) => {
    const model = attachHead(miniResnet(variant), head, { weights: 'pending' });
    drawWeights(model);
    await expectNoLeak(() => expectSameAnswers(model));
    model.dispose();
  });

  it('ResNet-50', async () => {
    const model = buildPooledResnet({
      numClasses: 10,
      inputShape: [64, 64, 3],
      weights: 'pending',
    });
    drawWeights(model);
    await expectSameAnswers(model);
    model.dispose();
  });

  it('a ResNet of basic blocks', async () => {
    const model = miniBasic();
    drawWeights(model);
    await expectNoLeak(() => expectSameAnswers(model));
    model.dispose();
  });

  it('every other layer, as MobileNet has them and others', async () => {
    const model = everyLayer();
    drawWeights(model);
    await expectSameAnswers(model);
    model.dispose();
  });

  it('residual blocks without BatchNorm, whose sums TensorFlow fuses with the convolutions', async () => {
    const image = tf.input({ shape: [9, 9, 3], name: 'image' });
    const conv = (name: string, x: tf.SymbolicTensor, activation?: 'relu') =>
      tf.layers.conv2d({ name, filters: 8, kernelSize: 3, padding: 'same', activation }).apply(x);
    const block = (name: string, x: tf.SymbolicTensor, shortcut: tf.SymbolicTensor) => {
      const inner = conv(`${name}_1`, x, 'relu') as tf.SymbolicTensor;
      const sum = tf.layers
        .add({ name: `${name}_add` })
        .apply([shortcut, conv(`${name}_2`, inner) as tf.SymbolicTensor]);
      return tf.layers.activation({ name, activation: 'relu' }).apply(sum) as tf.SymbolicTensor;
    };
    const first = block('a', image, conv('a_0', image) as tf.SymbolicTensor);
    const second = block('b', first, first);
    // The shortcut is used again behind the sum, so that it mustn't be written over.
    const end = tf.layers.concatenate({ name: 'end' }).apply([first, block('c', second, second)]);
    const model = tf.model({ inputs: image, outputs: end as tf.SymbolicTensor });
    drawWeights(model);
    await expectSameAnswers(model);
    model.dispose();
  });

  it('of any height and width', async () => {
    const base = tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 3 })],
    });
    const model = attachHead(base, pooledHead({ numClasses: 3 }));
    await exportSavedModel(model, at('model'));
    const images = tf.randomUniform([1, 7, 9, 3]);
    expectSame(await answerOf(at('model'), images), model.predict(images) as tf.Tensor);
    images.dispose();
    model.dispose();
  });
});

describe('a SavedModel with variables', () => {
  const named = (path: string) => readdirSync(at(path, 'variables')).sort();
  const CHECKPOINT = ['variables.data-00000-of-00001', 'variables.index'];

  it.each(HEADS)('%s head: answers as the layers model does', async (_, head) => {
    const model = attachHead(miniResnet(), head, { weights: 'pending' });
    drawWeights(model);
    await expectNoLeak(() => expectSameAnswers(model, { variables: true }));
    expect(named('model')).toEqual(CHECKPOINT);
    model.dispose();
  });

  it('every other layer, as MobileNet has them and others', async () => {
    const model = everyLayer();
    drawWeights(model);
    await expectSameAnswers(model, { variables: true });
    model.dispose();
  });

  it('two of the same names at once keep their own weights', async () => {
    const answers: tf.Tensor[] = [];
    const images = tf.ones([1, 32, 32, 3]);
    const loaded: { dispose: () => unknown }[] = [];
    for (const bias of [0, 5]) {
      const model = miniClassifier('v1', 2);
      drawWeights(model);
      model.layers
        .at(-1)!
        .setWeights([model.layers.at(-1)!.getWeights()[0]!, tf.tensor1d([bias, 0])]);
      const path = at(`biased-${bias}`);
      await exportSavedModel(model, path, { variables: true });
      loaded.push(await native.node.loadSavedModel(path, ['serve'], 'serving_default'));
      answers.push(model.predict(images) as tf.Tensor);
      model.dispose();
    }
    for (const [i, each] of loaded.entries()) {
      const { predict } = each as unknown as { predict: (x: tf.Tensor) => tf.Tensor };
      expectSame(predict.call(each, images), answers[i]!);
      each.dispose();
    }
    images.dispose();
  });

  it('in float16: half the bytes, three digits, the same each time', async () => {
    const model = miniClassifier('v1', 3);
    drawWeights(model);
    await exportSavedModel(model, at('whole'), { variables: true });
    await exportSavedModel(model, at('half'), { dtype: 'float16' });
    await exportSavedModel(model, at('again'), { dtype: 'float16' });
    const bytesOf = (path: string) => readFileSync(at(path, 'variables', CHECKPOINT[0]!));
    // Biases stay float32.
    expect(bytesOf('half').length).toBeLessThan(0.52 * bytesOf('whole').length);
    for (const file of ['saved_model.pb', ...CHECKPOINT.map((name) => `variables/${name}`)]) {
      expect(readFileSync(at('half', file)).equals(readFileSync(at('again', file)))).toBe(true);
    }
    const images = tf.randomUniform([2, 32, 32, 3], -1, 1, 'float32', 1);
    const answers = [await answerOf(at('half'), images), model.predict(images) as tf.Tensor];
    const [half, expected] = await Promise.all(answers.map((each) => each.data()));
    const error = Math.max(...half!.map((value, i) => Math.abs(value - expected![i]!)));
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(5e-3);
    tf.dispose([images, ...answers]);
    model.dispose();
  });

  it('replaces one without, and is replaced by one', async () => {
    const model = miniClassifier('v1', 3);
    drawWeights(model);
    await exportSavedModel(model, at('model'));
    await exportSavedModel(model, at('model'), { variables: true });
    expect(readdirSync(at('model')).sort()).toEqual(['saved_model.pb', 'variables']);
    await exportSavedModel(model, at('model'));
    expect(readdirSync(at('model'))).toEqual(['saved_model.pb']);
    model.dispose();
  });

  it('says what contradicts, and what is too large', async () => {
    const model = miniClassifier('v1', 3);
    drawWeights(model);
    const wrong: readonly [object, string][] = [
      [{ variables: 'yes' }, 'variables: expected true or false, got "yes"'],
      [{ dtype: 'int8' }, 'dtype: expected one of "float32", "float16", got "int8"'],
      [
        { dtype: 'float16', variables: false },
        'variables: expected true with dtype "float16", got false',
      ],
    ];
    for (const [options, message] of wrong) {
      await expect(exportSavedModel(model, at('none'), options)).rejects.toThrow(message);
    }
    const dense = model.layers.at(-1)!;
    const [kernel, bias] = dense.getWeights();
    dense.setWeights([tf.fill(kernel!.shape, 1e5), bias!]);
    await expect(exportSavedModel(model, at('none'), { dtype: 'float16' })).rejects.toThrow(
      'dtype: expected weights of at most 65504 in float16, got 100000',
    );
    expect(existsSync(at('none'))).toBe(false);
    model.dispose();
  });
});

describe('a SavedModel of pictures', () => {
  const modes: readonly Preprocessing[] = ['caffe', 'torch', 'tf', 'none'];
  const expected = (model: tf.LayersModel, picture: tf.Tensor3D, mode: Preprocessing) =>
    tf.tidy(() => model.predict(preprocess(fitPicture(picture, [32, 32]), mode)) as tf.Tensor);

  it.each(modes)('crops, resizes and scales pixels: %s', async (preprocessing) => {
    const model = miniClassifier('v1', 4);
    drawWeights(model);
    await exportSavedModel(model, at('model'), { input: 'pixels', preprocessing });
    for (const shape of [
      [32, 32, 3],
      [77, 40, 3],
      [40, 101, 3],
      [9, 21, 3],
    ] as const) {
      const picture = tf.randomUniform<tf.Rank.R3>([...shape], 0, 256, 'int32', 1);
      const batch = tf.tidy(() => tf.stack([picture, picture.reverse(0)]));
      const answer = await answerOf(at('model'), batch);
      const first = tf.tidy(() => answer.slice(0, 1));
      expectSame(first, expected(model, picture, preprocessing));
      tf.dispose([picture, batch, answer]);
    }
    model.dispose();
  });

  it('decodes a JPEG and a PNG', async () => {
    const model = miniClassifier('v1', 4);
    drawWeights(model);
    const options = { input: 'jpeg', preprocessing: 'caffe', inputSize: [32, 32] } as const;
    await exportSavedModel(model, at('model'), options);
    const gradient = Uint8Array.from({ length: 50 * 40 * 3 }, (_, i) => i % 251);
    const drawn = sharp(gradient, { raw: { width: 40, height: 50, channels: 3 } });
    for (const format of ['jpeg', 'png'] as const) {
      const encoded = await drawn.clone().toFormat(format).toBuffer();
      // Both by libjpeg-turbo with its exact transform, so that the pixels are the same.
      const pixels = await sharp(encoded).raw().toBuffer();
      const picture = tf.tensor3d(Uint8Array.from(pixels), [50, 40, 3], 'int32');
      const input = tf.tensor([new Uint8Array(encoded)] as never, [1], 'string');
      expectSame(await answerOf(at('model'), input), expected(model, picture, 'caffe'));
      tf.dispose([picture, input]);
    }
    model.dispose();
  });
});

describe('the folder', () => {
  const model = () => {
    const made = miniClassifier('v1', 3);
    drawWeights(made);
    return made;
  };

  it('holds the same bytes for the same model, and the classes', async () => {
    const [a, b] = [model(), model()];
    await exportSavedModel(a, at('a'));
    await exportSavedModel(b, at('b'), { classes: ['Katze', 'כלב', 'a b'] });
    expect(readFileSync(at('a/saved_model.pb')).equals(readFileSync(at('b/saved_model.pb')))).toBe(
      true,
    );
    expect(readdirSync(at('a'))).toEqual(['saved_model.pb']);
    expect(readFileSync(at('b/assets.extra/classes.txt'), 'utf8')).toBe('Katze\nכלב\na b\n');
    a.dispose();
    b.dispose();
  });

  it('is TF Serving’s with a version', async () => {
    const made = model();
    await exportSavedModel(made, at('served'), { modelVersion: 12 });
    expect(readdirSync(at('served'))).toEqual(['12']);
    expect(readdirSync(at('served/12'))).toEqual(['saved_model.pb']);
    made.dispose();
  });

  it('replaces a SavedModel, and nothing else', async () => {
    const made = model();
    await exportSavedModel(made, at('model'), { classes: ['a', 'b', 'c'] });
    await exportSavedModel(made, at('model'));
    expect(readdirSync(at('model'))).toEqual(['saved_model.pb']);
    mkdirSync(at('empty'));
    await exportSavedModel(made, `${at('empty')}/`);
    expect(readdirSync(folder).sort()).toEqual(['empty', 'model']);

    // Of names that a SavedModel may have, too: none of these did we write.
    for (const name of [
      'notes.txt',
      'assets/wedding.jpg',
      'variables/prod.env',
      'assets.extra/a',
    ]) {
      mkdirSync(dirname(at('model', name)), { recursive: true });
      writeFileSync(at('model', name), 'mine');
      const [top] = name.split('/');
      await expect(exportSavedModel(made, at('model'))).rejects.toThrow(
        `${at('model')}: expected a new folder, an empty one, or a SavedModel that resnet-heads wrote, got "${top === 'assets' ? top : name}"; pass another folder`,
      );
      expect(readFileSync(at('model', name), 'utf8')).toBe('mine');
      rmSync(at('model', top!), { recursive: true });
    }
    await expect(exportSavedModel(made, at('model/saved_model.pb'))).rejects.toThrow(
      'saved_model.pb: expected a folder, got "a file"; pass another path',
    );
    mkdirSync(at('python'));
    writeFileSync(at('python/saved_model.pb'), 'by TensorFlow');
    await expect(exportSavedModel(made, at('python'))).rejects.toThrow(
      'got "saved_model.pb, which it did not write"; pass another folder',
    );
    rmSync(at('python'), { recursive: true });
    expect(readdirSync(folder).sort()).toEqual(['empty', 'model']);
    made.dispose();
  });
});

describe('what can’t be exported', () => {
  const image = tf.input({ shape: [8, 8, 3], name: 'image' });
  const through = (...layers: tf.layers.Layer[]) =>
    tf.model({
      inputs: image,
      outputs: layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, image),
    });
  const { layers } = tf;
  const onMapAndVector = () => {
    const vector = layers.globalMaxPooling2d({ name: 'peak' }).apply(image) as tf.SymbolicTensor;
    const merged = layers.multiply({ name: 'gate' }).apply([image, vector]) as tf.SymbolicTensor;
    return tf.model({ inputs: image, outputs: merged });
  };

  it.each<[string, () => tf.LayersModel, string | RegExp]>([
    [
      'a class',
      () => through(layers.leakyReLU({ name: 'leaky' })),
      /^model: layer "leaky": expected a class that can be exported, got "LeakyReLU"; supported classes: Activation, Add, .*, ZeroPadding2D$/,
    ],
    [
      'an activation',
      () => through(layers.conv2d({ name: 'c', filters: 1, kernelSize: 1, activation: 'mish' })),
      'model: layer "c" (Conv2D): expected an activation that is one of linear, elu, relu, relu6, selu, sigmoid, softmax, softplus, tanh, got "mish"',
    ],
    [
      'channels first',
      () => through(layers.maxPooling2d({ name: 'p', poolSize: 2, dataFormat: 'channelsFirst' })),
      'model: layer "p" (MaxPooling2D): expected dataFormat "channelsLast", got "channelsFirst"',
    ],
    [
      'a dilated depthwise convolution',
      () => through(layers.depthwiseConv2d({ name: 'd', kernelSize: 3, dilationRate: 2 })),
      'model: layer "d" (DepthwiseConv2D): expected no dilation, got [2, 2]',
    ],
    [
      'uneven strides of one',
      () => through(layers.depthwiseConv2d({ name: 'd', kernelSize: 3, strides: [1, 2] })),
      'model: layer "d" (DepthwiseConv2D): expected equal vertical and horizontal strides, got [1, 2]',
    ],
    [
      'another axis',
      () => through(layers.batchNormalization({ name: 'n', axis: 1 })),
      'model: layer "n" (BatchNormalization): expected the last axis, got 1',
    ],
    [
      'a dense layer on sequences',
      () =>
        through(layers.reshape({ targetShape: [64, 3] }), layers.dense({ name: 'e', units: 2 })),
      'model: layer "e" (Dense): expected vectors or maps, of 2 or 4 axes, got [null, 64, 2]',
    ],
    [
      'a map and a vector merged',
      onMapAndVector,
      'model: layer "gate" (Multiply): expected inputs with the same number of axes, got [[null, 8, 8, 3], [null, 3]]',
    ],
  ])('%s', async (_, build, message) => {
    const model = build();
    await expect(exportSavedModel(model, at('model'))).rejects.toMatchObject({
      name: 'ArgumentError',
      message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
    });
    expect(readdirSync(folder)).toEqual([]);
    model.dispose();
  });

  it('more than a protocol buffer holds, told before a weight is read', async () => {
    const model = miniClassifier('v1', 3);
    jest.spyOn(model, 'countParams').mockReturnValue(2 ** 29);
    const read = jest.spyOn(tf.Tensor.prototype, 'data');
    await expect(exportSavedModel(model, at('model'))).rejects.toThrow(
      'model: expected at most 2147483647 bytes, the limit of a protobuf file, got 2147483648; choose variables: true, a smaller input, or a head with fewer weights, such as pooledHead()',
    );
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
    expect(existsSync(at('model'))).toBe(false);
    model.dispose();
  });

  it.each<[SavedModelOptions | null, string]>([
    [null, 'options: expected an options object, got null'],
    [{ input: 'png' as never }, 'input: expected one of "tensor", "pixels", "jpeg", got "png"'],
    [
      { input: 'pixels' },
      'preprocessing: expected one of "caffe", "torch", "tf", "none", got undefined',
    ],
    [
      { input: 'jpeg', preprocessing: 'tf', inputSize: [32, 16] },
      "inputSize: expected the model's own [32, 32], got [32, 16]",
    ],
    [
      { input: 'jpeg', preprocessing: 'tf', inputSize: [32] as never },
      'inputSize: expected [height, width], got [32]',
    ],
    [{ inputSize: 'x' as never }, 'inputSize: expected [height, width], got "x"'],
    [
      { preprocessing: 'zzz' as never },
      'preprocessing: expected one of "caffe", "torch", "tf", "none", got "zzz"',
    ],
    [{ modelVersion: 0 }, 'modelVersion: expected a positive integer, got 0'],
    [{ classes: ['a', 'b'] }, 'classes: expected a name for each of 3 scores, got ["a", "b"]'],
    [{ classes: ['a', 'b\n', 'c'] }, 'classes: expected names without a line break, got "b\\n"'],
    [{ classes: 'abc' as never }, 'classes: expected a list of names, got "abc"'],
  ])('options such as %j', async (options, message) => {
    const model = miniClassifier('v1', 3);
    const exported = exportSavedModel(model, at('model'), options!);
    await expect(exported).rejects.toMatchObject({ name: 'ArgumentError', message });
    expect(readdirSync(folder)).toEqual([]);
    model.dispose();
  });

  it('pictures for a model of something else', async () => {
    const base = tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [8, 8, 4], filters: 2, kernelSize: 1 })],
    });
    const options = { input: 'pixels', preprocessing: 'tf' } as const;
    await expect(exportSavedModel(base, at('model'), options)).rejects.toThrow(
      'model: expected an input [n, h, w, 3] for input "pixels", got [null, 8, 8, 4]',
    );
    base.dispose();
  });
});
