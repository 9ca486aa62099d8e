import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  type BackboneSource,
  loadBackbone,
  type LoadBackboneOptions,
  pooledHead,
  preprocess,
  resnet,
  saveWeights,
} from 'resnet-heads';
import { modelFiles } from '../../src/train/saved/write-model';
import { hashModel } from '../../src/weights/hash-model';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';
import { weightServer, type WeightServer } from '../setup/weight-server';

const SMALL = { inputSize: [32, 32], preprocessing: 'torch' } as const;

const refusal = (source: BackboneSource, options?: LoadBackboneOptions) =>
  loadBackbone(source, options).then(
    () => 'nothing was thrown',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );

/** What tells a backbone, without what it computes. */
const factsOf = (backbone: Backbone): object => {
  const computing = ['model', 'sha256', 'dispose'];
  const facts = Object.entries(backbone).filter(([name]) => !computing.includes(name));
  return Object.fromEntries(facts);
};

describe('loadBackbone of a model in hand', () => {
  it('knows its size, its map and its preprocessing, and computes as the model does', async () => {
    await expectNoLeak(async () => {
      const model = miniResnet('v1', 1);
      const backbone = await loadBackbone(model, { preprocessing: 'tf' });
      expect(factsOf(backbone)).toEqual({
        ...{ name: 'mini', inputSize: [32, 32], preprocessing: 'tf', featureShape: [1, 1, 64] },
      });
      expect(backbone.model).toBe(model);
      expect(await backbone.sha256()).toBe(await hashModel(model));
      backbone.dispose();
      expect(() => model.weights[0]!.read()).toThrow('is already disposed');
    });
  });

  it('hashes its weights as they are when it is asked', async () => {
    const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    const before = await backbone.sha256();
    drawWeights(backbone.model);
    expect(await backbone.sha256()).not.toBe(before);
    backbone.dispose();
  });

  it('may be told its own size', async () => {
    const model = miniResnet('v1', 1);
    const { inputSize } = await loadBackbone(model, { ...SMALL, inputSize: [32, 32] });
    expect(inputSize).toEqual([32, 32]);
    model.dispose();
  });

  /** A model of one layer on images of this shape. */
  const onImages = (...shape: (number | null)[]) => {
    const image = tf.input({ shape });
    const outputs = tf.layers.activation({ activation: 'relu' }).apply(image);
    return tf.model({ inputs: image, outputs: outputs as tf.SymbolicTensor });
  };
  const twoInputs = () => {
    const inputs = [tf.input({ shape: [8, 8, 3] }), tf.input({ shape: [8, 8, 3] })];
    const outputs = tf.layers.add().apply(inputs) as tf.SymbolicTensor;
    return tf.model({ inputs, outputs });
  };
  const withTop = () =>
    attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }), { weights: 'pending' });

  it.each<[string, () => tf.LayersModel, object, string]>([
    [
      'no preprocessing',
      miniResnet,
      {},
      'preprocessing: expected "caffe" (Keras\'s ResNets), "torch" (torchvision, timm), "tf" (MobileNet) or "none" (scales by itself), as the model was trained, got undefined; a published name such as "keras/resnet50" knows its own',
    ],
    [
      'an unknown preprocessing',
      miniResnet,
      { preprocessing: 'keras' },
      'preprocessing: expected one of "caffe", "torch", "tf", "none", got "keras"',
    ],
    [
      'another size than its own',
      miniResnet,
      { ...SMALL, inputSize: [64, 32] },
      "inputSize: expected the model's own [32,32], or none, got [64, 32]",
    ],
    [
      'options of a download',
      miniResnet,
      { preprocessing: 'tf', mirror: 'https://example.org' },
      'mirror: expected none for a model in hand, got "https://example.org"',
    ],
    [
      'a top',
      withTop,
      { preprocessing: 'tf' },
      'backbone: expected a feature map [batch, height, width, channels] as output, got [null, 3]; take the model without its top, or cut it before its pooling',
    ],
    [
      'an open size',
      () => onImages(null, null, 3),
      { preprocessing: 'tf' },
      'backbone: expected a fixed input height and width, got variable ones; build the model with tf.input({ shape: [224, 224, 3] })',
    ],
    [
      'four channels',
      () => onImages(8, 8, 4),
      { preprocessing: 'tf' },
      'backbone: expected one that takes images [height, width, 3], got [8, 8, 4]',
    ],
    [
      'no pictures at all',
      () => onImages(8),
      { preprocessing: 'tf' },
      'backbone: expected one that takes images [height, width, 3], got [8]',
    ],
    [
      'two inputs',
      twoInputs,
      { preprocessing: 'tf' },
      'backbone: expected a model with one input, got 2',
    ],
    ['no options', miniResnet, [], 'options: expected an options object, got []'],
  ])('refuses one with %s, and leaves it as it is', async (_, make, options, message) => {
    const model = make();
    const before = numbers(model);
    await expectNoLeak(async () => {
      expect(await refusal(model, options)).toContain(`ArgumentError: ${message}`);
    });
    expect(numbers(model)).toEqual(before);
    model.dispose();
  });
});

describe('loadBackbone of weights', () => {
  let weights: Uint8Array;
  let ofV1: Uint8Array;
  let expected: number[];
  let host: WeightServer;
  beforeAll(async () => {
    const small = { inputShape: [32, 32, 3], weights: 'pending' } as const;
    const model = resnet({ depth: 18, ...small });
    drawWeights(model);
    weights = await saveWeights(model);
    expected = tf.tidy(() => [...(model.predict(tf.ones([1, 32, 32, 3])) as tf.Tensor).dataSync()]);
    model.dispose();
    const v1 = resnet({ depth: 50, ...small });
    ofV1 = await saveWeights(v1);
    v1.dispose();
    host = await weightServer();
  });
  afterAll(() => host.close());

  it('tells the ResNet by their names: of bytes, a buffer, a Blob, an address', async () => {
    host.answer((_, response) => response.writeHead(200).end(weights));
    for (const [source, name] of [
      [weights, 'weights'],
      [weights.slice().buffer, 'weights'],
      [new Blob([weights as Uint8Array<ArrayBuffer>]), 'weights'],
      [host.url, host.url],
      [new URL(`${host.url}?version=2`), `${host.url}?version=2`],
    ] as const) {
      await expectNoLeak(async () => {
        const backbone = await loadBackbone(source, { ...SMALL, cache: false });
        expect(factsOf(backbone)).toEqual({ ...SMALL, name, featureShape: [1, 1, 512] });
        expect(backbone.model.name).toBe('resnet18v1_5');
        const found = tf.tidy(() =>
          (backbone.model.predict(tf.ones([1, 32, 32, 3])) as tf.Tensor).dataSync(),
        );
        expect([...found]).toEqual(expected);
        backbone.dispose();
      });
    }
  });

  it('takes pictures of 224 × 224 pixels, unless a size is named', async () => {
    const backbone = await loadBackbone(weights, { preprocessing: 'torch' });
    expect(backbone).toMatchObject({ inputSize: [224, 224], featureShape: [7, 7, 512] });
    backbone.dispose();
    const wide = await loadBackbone(weights, { ...SMALL, inputSize: [32, 96] });
    expect(wide).toMatchObject({ inputSize: [32, 96], featureShape: [1, 3, 512] });
    wide.dispose();
  });

  it("tells Keras's variant from torchvision's", async () => {
    const backbone = await loadBackbone(ofV1, { ...SMALL, preprocessing: 'caffe' });
    expect([backbone.model.name, backbone.featureShape]).toEqual(['resnet50v1', [1, 1, 2048]]);
    backbone.dispose();
  });

  it.each<[string, (good: Uint8Array) => BackboneSource, LoadBackboneOptions, string]>([
    ['no preprocessing', (good) => good, {}, 'ArgumentError: preprocessing: expected "caffe"'],
    [
      'a size of nothing',
      (good) => good,
      { ...SMALL, inputSize: [0, 32] },
      'ArgumentError: inputS',
    ],
    ['a damaged file', (good) => good.slice(0, 1000), SMALL, 'WeightsError: safetensors: '],
    ['no weights', () => new Uint8Array(100), SMALL, 'WeightsError: weights: '],
    [
      'NaN among its weights',
      (good) => good.slice().fill(255, -4),
      SMALL,
      'WeightsError: weights: ',
    ],
    ...['keras3.keras', 'keras2-notop.h5', 'torch-v15.safetensors', 'torch-basic.safetensors'].map(
      (file): [string, () => BackboneSource, LoadBackboneOptions, string] => [
        `the weights of another network (${file})`,
        () => readFileSync(join(__dirname, '../goldens/weights', file)),
        SMALL,
        "WeightsError: weights: expected the weights of a ResNet under Keras's or torch's names, got others; load another model by its model.json or .keras file",
      ],
    ),
  ])('refuses %s, and leaves nothing behind', async (_, change, options, message) => {
    await expectNoLeak(async () => {
      expect(await refusal(change(weights), options)).toContain(message);
    });
  });

  it.each([
    [{}, 'preprocessing: expected "caffe"'],
    [
      { preprocessing: 'keras' as 'tf' },
      'preprocessing: expected one of "caffe", "torch", "tf", "none"',
    ],
  ])('asks for nothing over the network without a preprocessing: %j', async (options, message) => {
    host.answer((_, response) => response.writeHead(200).end(weights));
    const { length } = host.asked;
    for (const source of [host.url, new URL('model.json', host.url), new URL('folder/', host.url)])
      expect(await refusal(source, options)).toContain(`ArgumentError: ${message}`);
    expect(host.asked).toHaveLength(length);
  });
});

describe('loadBackbone of a layers model by its address', () => {
  let host: WeightServer;
  let files: Readonly<Record<string, Uint8Array>>;
  beforeAll(async () => {
    host = await weightServer();
    const model = miniResnet('v1', 1);
    files = await modelFiles(model);
    model.dispose();
  });
  afterAll(() => host.close());

  const serve = (changes: Readonly<Record<string, Uint8Array | undefined>> = {}) => {
    host.answer(({ url = '' }, response) => {
      const body = { ...files, ...changes }[url.split('/').at(-1) ?? ''];
      response.writeHead(body ? 200 : 404).end(body);
    });
  };

  it('loads it from its folder or its model.json', async () => {
    serve();
    const model = miniResnet('v1', 1);
    for (const path of ['model/', 'model', 'model/model.json']) {
      await expectNoLeak(async () => {
        const url = new URL(path, host.url);
        const backbone = await loadBackbone(url, { preprocessing: 'tf' });
        const facts = { name: url.href, inputSize: [32, 32], featureShape: [1, 1, 64] };
        expect(factsOf(backbone)).toEqual({ ...facts, preprocessing: 'tf' });
        expect(numbers(backbone.model)).toEqual(numbers(model));
        backbone.dispose();
      });
    }
    model.dispose();
  });

  it('leaves nothing behind where it is none, or has another size', async () => {
    const url = new URL('model/', host.url);
    const options = { preprocessing: 'tf', retries: 0 } as const;
    await expectNoLeak(async () => {
      serve({ 'model.json': undefined });
      expect(await refusal(url, options)).toContain('404');
      serve({ 'weights.bin': new Uint8Array(8) });
      expect(await refusal(url, options)).toContain('ArgumentError: ');
      serve();
      expect(await refusal(url, { ...options, inputSize: [64, 64] })).toContain(
        "ArgumentError: inputSize: expected the model's own [32,32], or none, got [64, 64]",
      );
      const whole = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }), { seed: 1 });
      serve(await modelFiles(whole));
      whole.dispose();
      expect(await refusal(url, options)).toContain(
        'ArgumentError: backbone: expected a feature map',
      );
    });
  });
});

describe('loadBackbone by name', () => {
  let host: WeightServer;
  let weights: Uint8Array;
  beforeAll(async () => {
    host = await weightServer();
    const model = resnet({ depth: 18, inputShape: [32, 32, 3], weights: 'pending' });
    drawWeights(model);
    weights = await saveWeights(model);
    model.dispose();
  });
  afterAll(() => host.close());
  const atHost = () => {
    const mirror = new URL('/', host.url).href;
    return { inputSize: [32, 32], cache: false, retries: 0, mirror } as const;
  };

  it('knows depth, variant, preprocessing and licence', async () => {
    const asked: string[] = [];
    host.answer(({ url = '' }, response) => {
      asked.push(url);
      response.writeHead(200).end(weights);
    });
    for (const preprocessing of [undefined, 'torch'] as const) {
      const own = preprocessing ? { preprocessing } : {};
      const backbone = await loadBackbone('timm/resnet18.tv_in1k', { ...atHost(), ...own });
      expect(factsOf(backbone)).toEqual({
        ...{ name: 'timm/resnet18.tv_in1k', inputSize: [32, 32], featureShape: [1, 1, 512] },
        ...{ preprocessing: 'torch', license: 'BSD-3-Clause' },
      });
      const seen = tf.tidy(() =>
        (backbone.model.predict(preprocess(tf.ones([1, 32, 32, 3]), 'torch')) as tf.Tensor).max(),
      );
      expect(Number.isFinite(seen.dataSync()[0])).toBe(true);
      seen.dispose();
      backbone.dispose();
    }
    expect(asked).toEqual(Array(2).fill('/timm/resnet18.tv_in1k/resolve/main/model.safetensors'));
  });

  it('tells how far the download is', async () => {
    host.answer((_, response) =>
      response.writeHead(200, { 'content-length': weights.length }).end(weights),
    );
    const steps: unknown[] = [];
    const onProgress = (step: unknown) => steps.push(step);
    (await loadBackbone('timm/resnet18.tv_in1k', { ...atHost(), onProgress })).dispose();
    const facts = { label: 'weights', total: weights.length, unit: 'bytes' };
    expect(steps[0]).toEqual({ ...facts, done: 0, total: undefined });
    expect(steps.at(-1)).toEqual({ ...facts, done: weights.length });
  });

  it('leaves nothing behind where weights don’t come, or are others', async () => {
    await expectNoLeak(async () => {
      host.answer((_, response) => response.writeHead(404).end());
      expect(await refusal('timm/resnet18.tv_in1k', atHost())).toMatch(/^WeightsError: .*404/);
      host.answer((_, response) => response.writeHead(200).end(weights));
      expect(await refusal('timm/resnet34.tv_in1k', atHost())).toMatch(/^WeightsError: /);
      // Keras publishes its hash.
      expect(await refusal('keras/resnet50', atHost())).toMatch(/^WeightsError: .*MD5|md5/);
    });
  });

  it.each<[string, LoadBackboneOptions, string]>([
    [
      'keras/resnet50',
      { preprocessing: 'torch' },
      'preprocessing: expected "caffe" for keras/resnet50, or none, got "torch"',
    ],
    ['', {}, 'source: expected one of resnet-mini, keras/resnet50, keras/resnet101, '],
    // Stands for other weights for each depth and variant.
    ['imagenet', {}, 'source: expected one of resnet-mini, keras/resnet50, keras/resnet101, '],
  ])('refuses %j with %j', async (name, options, message) => {
    await expectNoLeak(async () => {
      expect(await refusal(name, options)).toContain(`ArgumentError: ${message}`);
    });
  });

  it.each([undefined, 7, null, {}, []])('refuses what is no source: %j', async (source) => {
    expect(await refusal(source as never, { preprocessing: 'tf' })).toContain(
      'ArgumentError: source: expected a name, an address, bytes or a tf.LayersModel, got ',
    );
  });
});
