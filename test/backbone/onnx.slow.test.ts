import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  attachHead,
  type Backbone,
  compareHeads,
  exportOnnx,
  exportSavedModel,
  extractFeatures,
  loadBackbone,
  loadClassifier,
  pooledHead,
  quantize,
  saveWeights,
  splitModel,
  trainClassifier,
  translationRobustness,
} from 'resnet-heads';
import { text } from '../../src/export/protobuf';
import { readOnnx } from '../../src/onnx/read';
import { colouredPictures } from '../setup/coloured-pictures';
import { drawWeights } from '../setup/draw';
import { expectNoLeak, rejection } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { runOnnx } from '../setup/onnx';
import { node, onnxFile, tensor, type Written } from '../setup/write-onnx';

const TOLERANCE = 1e-5;
const pictures = colouredPictures(12, ['red', 'green']);
const [{ picture }] = pictures as [(typeof pictures)[0]];
let folder: string;
let own: Backbone;
let file: Uint8Array;
let onnx: Backbone;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-backbone-'));
  const base = miniResnet('v1', 1);
  drawWeights(base);
  own = await loadBackbone(base, { preprocessing: 'caffe' });
  file = await exportOnnx(base);
  onnx = await loadBackbone(file, { preprocessing: 'caffe', inputSize: [32, 32] });
});
afterAll(async () => {
  own.dispose();
  onnx.dispose();
  tf.dispose(pictures.map((each) => each.picture));
  await rm(folder, { recursive: true });
});

const featuresOf = async (backbone: Backbone, count = pictures.length) => {
  const { values } = await extractFeatures(backbone, pictures.slice(0, count), { batchSize: 3 });
  const data = Float32Array.from(await values.data());
  const { shape } = values;
  values.dispose();
  return { data, shape };
};

/** A backbone whose features are made from its images, RGB from 0 to 255. */
const backboneOf = (written: Written, options: Parameters<typeof loadBackbone>[1] = {}) =>
  loadBackbone(onnxFile(written), { preprocessing: 'none', inputSize: [32, 32], ...options });

describe('an ONNX file as a backbone', () => {
  it('has the features of the model that it was exported from', async () => {
    expect(onnx).toMatchObject({
      ...{ name: 'onnx', preprocessing: 'caffe', inputSize: [32, 32] },
      featureShape: own.featureShape,
    });
    const [expected, found] = [await featuresOf(own), await featuresOf(onnx)];
    expect(found.shape).toEqual(expected.shape);
    expect(found.data).toBeAllclose(expected.data, TOLERANCE);
  });

  it('is loaded from a path, and from a URL with a hash', async () => {
    const path = join(folder, 'base.onnx');
    writeFileSync(path, file);
    const loaded = await loadBackbone(path, { preprocessing: 'caffe' });
    expect([loaded.name, await loaded.sha256()]).toEqual([path, await onnx.sha256()]);
    loaded.dispose();
    const integrity = { algorithm: 'sha256', hex: '0'.repeat(64) } as const;
    expect(await rejection(loadBackbone(path, { preprocessing: 'caffe', integrity }))).toContain(
      `WeightsError: ${path}: expected sha256 ${integrity.hex}`,
    );
  });

  it('trains a classifier that is saved, loaded, explained and exported', async () => {
    await expectNoLeak(async () => {
      const trained = await trainClassifier(onnx, pictures, { l2: 1 });
      const layers = await trainClassifier(own, pictures, { l2: 1, engine: 'layers' });
      const place = join(folder, 'classifier');
      await trained.save(place);
      const loaded = await loadClassifier(place);
      const [answer, expected] = [
        await loaded.classify(picture, { familiarity: true }),
        await layers.classify(picture, { familiarity: true }),
      ];
      expect(answer.familiarity).toBe(expected.familiarity);
      expect(answer.classes.map(({ className }) => className)).toEqual(
        expected.classes.map(({ className }) => className),
      );
      const probabilities = answer.classes.map(({ probability }) => probability);
      expect(probabilities).toBeAllclose(
        expected.classes.map(({ probability }) => probability),
        1e-4,
      );
      expect([loaded.engine, (await loaded.evaluate(pictures)).kind]).toEqual([
        'onnxruntime',
        'confusion',
      ]);
      expect(await loaded.backbone.sha256()).toBe(await onnx.sha256());

      const [map, same] = [await loaded.explain(picture), await layers.explain(picture)];
      expect(map.values.dataSync()).toBeAllclose(same.values.dataSync(), 1e-4);
      tf.dispose([map, same].flatMap(({ values, overlay }) => [values, overlay]));

      const shifts = { shifts: [-4, 0, 4] };
      expect(await translationRobustness(loaded, pictures, shifts)).toEqual(
        await translationRobustness(layers, pictures, shifts),
      );

      const joined = await exportOnnx(loaded, { input: 'pixels' });
      const image = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37) % 256);
      const pixels = tf.tensor3d(image, [32, 32, 3]);
      const scores = await runOnnx(joined, image, [1, 32, 32, 3]);
      const found = await loaded.classify(pixels);
      expect(found.map(({ probability }) => probability)).toBeAllclose(
        [...scores.data].sort((a, b) => b - a),
        TOLERANCE,
      );
      pixels.dispose();
      for (const each of [trained, layers, loaded]) each.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
  });

  it('is needed to load a head that was saved alone', async () => {
    const trained = await trainClassifier(onnx, pictures, { l2: 1 });
    const files = await trained.files({ scope: 'head' });
    const loaded = await loadClassifier(files, { backbone: onnx });
    expect(await loaded.classify(picture)).toEqual(await trained.classify(picture));
    expect(await rejection(loadClassifier(files, { backbone: own }))).toContain(
      'expected the backbone that the head was trained on',
    );
    trained.dispose();
    loaded.dispose();
  });

  it('is refused where its file is damaged or another one', async () => {
    const trained = await trainClassifier(onnx, pictures, { l2: 1 });
    const files = await trained.files();
    trained.dispose();
    const bytes = Uint8Array.from(files['backbone.onnx']!);
    bytes[bytes.length - 9]! ^= 1;
    await expectNoLeak(async () => {
      expect(await rejection(loadClassifier({ ...files, 'backbone.onnx': bytes }))).toContain(
        'ArgumentError: backbone.onnx: expected the file that was saved with metadata.json',
      );
      const others = Object.entries(files).filter(([name]) => name !== 'backbone.onnx');
      expect(await rejection(loadClassifier(Object.fromEntries(others)))).toContain(
        'backbone.onnx: expected a file of a saved classifier, got no such file',
      );
    });
  });

  const [BATCH, SIZE] = [2, 32];
  const nchw = { input: [BATCH, 3, SIZE, SIZE], nodes: [node('Neg', ['x'], 'y')] };

  it('takes its batches of a fixed size, and channels first', async () => {
    const backbone = await backboneOf(nchw);
    expect(backbone.featureShape).toEqual([SIZE, SIZE, 3]);
    const plain = await backboneOf({
      input: ['n', SIZE, SIZE, 3],
      nodes: [node('Neg', ['x'], 'y')],
    });
    const count = 2 * BATCH + 1;
    const found = await featuresOf(backbone, count);
    expect(found.shape).toEqual([count, SIZE, SIZE, 3]);
    expect(found.data).toEqual((await featuresOf(plain, count)).data);
    expect(Math.min(...found.data)).toBeLessThan(-200);
    backbone.dispose();
    plain.dispose();
  });

  it.each([
    ['tokens', [0, SIZE * SIZE, 3], [1, SIZE * SIZE, 3]],
    ['a vector', [0, SIZE * SIZE * 3], [1, 1, SIZE * SIZE * 3]],
  ])('gives %s as a map, on which heads train', async (_, sizes, shape) => {
    const backbone = await backboneOf({
      input: ['n', SIZE, SIZE, 3],
      nodes: [node('Reshape', ['x', 'to'], 'y')],
      tensors: [tensor('to', [sizes.length], sizes)],
      rank: sizes.length,
    });
    expect(backbone.featureShape).toEqual(shape);
    const classifier = await trainClassifier(backbone, pictures, { l2: 1 });
    const [best] = await classifier.classify(picture);
    expect([best?.className, classifier.training?.engine]).toEqual(['red', 'onnxruntime']);
    classifier.dispose();
    backbone.dispose();
  });

  it('takes images one at a time where a file only says that it takes any number', async () => {
    const backbone = await backboneOf({
      input: ['n', SIZE, SIZE, 3],
      nodes: [node('Reshape', ['x', 'to'], 'y')],
      tensors: [tensor('to', [4], [1, SIZE, SIZE, 3])],
      values: [],
    });
    const plain = await backboneOf({
      input: ['n', SIZE, SIZE, 3],
      nodes: [node('Identity', ['x'], 'y')],
    });
    expect((await featuresOf(backbone, 4)).data).toEqual((await featuresOf(plain, 4)).data);
    backbone.dispose();
    plain.dispose();
  });

  it('quantises each image by itself where a file quantises dynamically', async () => {
    const nodes = [
      [...node('DynamicQuantizeLinear', ['x'], 'q'), ...text(2, 'scale'), ...text(2, 'zero')],
      node('DequantizeLinear', ['q', 'scale', 'zero'], 'y'),
    ];
    const backbone = await backboneOf({ input: ['n', SIZE, SIZE, 3], nodes });
    const together = await featuresOf(backbone, 3);
    const alone = await featuresOf(backbone, 2);
    expect(together.data.slice(0, alone.data.length)).toEqual(alone.data);
    backbone.dispose();
  });

  it('has no map to explain where features are tokens', async () => {
    const backbone = await backboneOf({
      input: ['n', SIZE, SIZE, 3],
      nodes: [node('Reshape', ['x', 'to'], 'y')],
      tensors: [tensor('to', [3], [0, SIZE * SIZE, 3])],
      rank: 3,
    });
    const classifier = await trainClassifier(backbone, pictures, { l2: 1 });
    expect(await rejection(classifier.explain(picture))).toContain('got 1024 tokens');
    classifier.dispose();
    backbone.dispose();
  });

  it('is never lost: not to an export, nor to a save beside which it lies', async () => {
    const place = join(folder, 'kept');
    const [trained, other] = [
      await trainClassifier(onnx, pictures, { l2: 1 }),
      await trainClassifier(own, pictures, { l2: 1 }),
    ];
    await trained.save(place);
    expect(await rejection(exportOnnx(trained, join(place, 'backbone.onnx')))).toContain(
      "expected another file than a classifier's backbone",
    );
    // Its own file goes with it.
    await other.save(place);
    expect(existsSync(join(place, 'backbone.onnx'))).toBe(false);
    writeFileSync(join(place, 'backbone.onnx'), file);
    expect(await rejection(other.save(place))).toContain('which it did not write');
    expect(existsSync(join(place, 'backbone.onnx'))).toBe(true);
    trained.dispose();
    other.dispose();
  });

  it('takes a tensor within the file as features', async () => {
    const nodes = [node('Neg', ['x'], 'h'), node('GlobalAveragePool', ['h'], 'y')];
    const backbone = await backboneOf({ ...nchw, nodes }, { output: 'h' });
    expect(backbone.featureShape).toEqual([SIZE, SIZE, 3]);
    // The pooling that isn't needed is cut off.
    const { nodes: left } = readOnnx(backbone.onnx!);
    expect(left.map(({ op }) => op)).not.toContain('GlobalAveragePool');
    backbone.dispose();
  });

  it('compares heads by the operators of the file', async () => {
    const heads = ['pooled', 'flattened'] as const;
    const options = { numClasses: 2 };
    const [found, expected] = [
      await compareHeads(onnx, heads, options),
      await compareHeads(own, heads, options),
    ];
    expect(found.base.totals.macs).toBe(expected.base.totals.macs);
    expect(found.base.inputShape).toEqual([32, 32, 3]);
    expect(found.heads.map(({ head }) => head)).toEqual(expected.heads.map(({ head }) => head));
  });

  it('says what it can’t do', async () => {
    const model = attachHead(onnx, pooledHead({ numClasses: 2 }));
    const classifier = await trainClassifier(onnx, pictures, { l2: 1 });
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      'got an ONNX file, which can run but not learn': () => classifier.fineTune(pictures),
      'expected a call of an engine': async () =>
        Promise.resolve().then(() => model.predict(tf.zeros([1, 32, 32, 3]))),
      'engine: expected one of ONNX Runtime for an ONNX file, got "layers"': () =>
        extractFeatures(onnx, pictures, { engine: 'layers' }),
      'int8: expected none for an ONNX backbone': () =>
        exportOnnx(classifier, { int8: { pictures } }),
      'dtype: expected none for an ONNX backbone': () => exportOnnx(model, { dtype: 'float16' }),
      'model: expected layers of TensorFlow.js, got an ONNX backbone': () =>
        exportSavedModel(classifier, join(folder, 'saved-model')),
      'analyze its bytes': () => Promise.resolve().then(() => analyze(model)),
      'backbone: expected a model of TensorFlow.js, got an ONNX file': () =>
        quantize(onnx, pictures),
      'output: expected none for another source than an ONNX file': () =>
        loadBackbone(own.model, { preprocessing: 'caffe', output: 'y' }),
      'preprocessing: expected "none" for a file that takes uint8': () =>
        loadBackbone(
          onnxFile({ ...nchw, nodes: [node('Cast', ['x'], 'y', { to: 1 })], type: 'uint8' }),
          { preprocessing: 'torch' },
        ),
      'preprocessing: expected "caffe"': () => loadBackbone(file),
      'scope: expected \'head\', got "all"': () => saveWeights(model),
      "layout: expected 'nhwc', as the operators of": () =>
        loadBackbone(file, { preprocessing: 'caffe', layout: 'nchw' }),
      'inputSize: expected [height, width] in pixels': () =>
        loadBackbone(file, { preprocessing: 'caffe', inputSize: 32 as never }),
      'inputSize: expected a size at which no tensor has more than 268435456 numbers': () =>
        backboneOf(
          { input: ['n', null, null, 3], nodes: [node('Neg', ['x'], 'y')] },
          { inputSize: [20_000, 20_000] },
        ),
      'output: expected the name of a tensor of features, as the first output of a classifier':
        () =>
          exportOnnx(classifier).then((bytes) => loadBackbone(bytes, { preprocessing: 'caffe' })),
      'expected one of ONNX Runtime for an ONNX file, got "tensorflow"': () =>
        extractFeatures(onnx, pictures, { engine: 'tensorflow' }),
      'output: expected a tensor of features': () =>
        loadBackbone(file, { preprocessing: 'caffe', output: 'none' }),
    };
    for (const [message, call] of Object.entries(calls)) {
      expect(await rejection(call())).toContain(message);
    }
    splitModel(model).head.dispose();
    classifier.dispose();
  });
});

describe('quantize', () => {
  const cosine = (a: Float32Array, b: Float32Array): number => {
    const dot = (x: Float32Array, y: Float32Array) =>
      x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };

  it('gives nearly the same features in a quarter of the size, and the same file each time', async () => {
    await expectNoLeak(async () => {
      const progress: number[] = [];
      const small = await quantize(own, pictures, {
        onProgress: ({ done }) => progress.push(done),
      });
      const again = await quantize(own, pictures);
      expect(await again.sha256()).toBe(await small.sha256());
      expect(small).toMatchObject({
        ...{ name: own.name, preprocessing: 'caffe', inputSize: own.inputSize },
        featureShape: own.featureShape,
      });
      // A fifth is held out, as in training.
      expect(progress.at(-1)).toBe(20);
      const [expected, found] = [await featuresOf(own), await featuresOf(small)];
      expect(cosine(found.data, expected.data)).toBeGreaterThan(0.99);
      expect(found.data).not.toEqual(expected.data);
      small.dispose();
      again.dispose();
    });
  });
});
