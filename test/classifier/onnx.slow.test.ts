import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  type Classifier,
  denseHead,
  exportOnnx,
  loadBackbone,
  loadClassifier,
  type LoadClassifierOptions,
  type OnnxOptions,
  pooledHead,
  preprocess,
  trainClassifier,
} from 'resnet-heads';
import { readOnnx } from '../../src/onnx/read';
import { cli } from '../setup/cli';
import { colouredPictures } from '../setup/coloured-pictures';
import { drawWeights } from '../setup/draw';
import { expectNoLeak, rejection } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { runOnnx } from '../setup/onnx';
import { node, onnxFile, tensor, type Written } from '../setup/write-onnx';

const TOLERANCE = 1e-5;
const SIZE = 32;
const CLASSES = ['red', 'green', 'blue'];
const pictures = colouredPictures(8);
const image = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i * 37 + (i >> 5)) % 256);
const picture = tf.tensor3d(image, [SIZE, SIZE, 3]);
let folder: string;
let own: Backbone;
let onnx: Backbone;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-classifier-'));
  const base = miniResnet('v1', 1);
  drawWeights(base);
  own = await loadBackbone(base, { preprocessing: 'caffe' });
  onnx = await loadBackbone(await exportOnnx(base), { preprocessing: 'caffe' });
});
afterAll(async () => {
  own.dispose();
  onnx.dispose();
  tf.dispose([picture, ...pictures.map((each) => each.picture)]);
  await rm(folder, { recursive: true });
});

/** A classifier's probabilities of the picture, in the order of its classes. */
async function answerOf(classifier: Classifier, from = picture): Promise<number[]> {
  const found = await classifier.classify(from);
  return classifier.classes.map(
    (name) => found.find(({ className }) => className === name)!.probability,
  );
}

/** An engine is freed after the classifier's own tensors. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

const entriesOf = (bytes: Uint8Array) => Object.fromEntries(readOnnx(bytes).metadata);

const HEADS = {
  pooled: { head: 'pooled' },
  logits: { head: { name: 'pooled', activation: 'linear' } },
  map: { head: { name: 'dense', hiddenUnits: 4 } },
} as const;

const FORMS: readonly [string, OnnxOptions][] = [
  ['a tensor', {}],
  ['pixels', { input: 'pixels' }],
];

describe('a classifier that exportOnnx wrote', () => {
  describe.each(['layers', 'an ONNX file'])('of %s', (kind) => {
    const train = (spec: object) =>
      trainClassifier(kind === 'layers' ? own : onnx, pictures, { epochs: 1, seed: 1, ...spec });

    it.each(
      Object.entries(HEADS).flatMap(([name, head]) =>
        FORMS.map(([form, options]) => [name, form, head, options] as const),
      ),
    )('answers the same: %s, which takes %s', async (_name, _form, spec, options) => {
      await expectNoLeak(async () => {
        const trained = await train(spec);
        const file = await exportOnnx(trained, options);
        const loaded = await loadClassifier(file);
        expect(loaded).toMatchObject({
          classes: trained.classes,
          inputSize: [SIZE, SIZE],
          preprocessing: options.input === 'pixels' ? 'none' : 'caffe',
        });
        expect(loaded.thresholds).toBeUndefined();
        const expected = await answerOf(trained);
        expect(await answerOf(loaded)).toBeAllclose(expected, TOLERANCE);
        expect(loaded.engine).toBe('onnxruntime');
        expect(await loaded.evaluate(pictures)).toMatchObject({
          accuracy: (await trained.evaluate(pictures, { all: true })).accuracy,
        });

        const again = await exportOnnx(loaded, options);
        expect(readOnnx(again).inputs.map(({ name }) => name)).toEqual(
          readOnnx(file).inputs.map(({ name }) => name),
        );
        const second = await loadClassifier(again);
        expect(await answerOf(second)).toBeAllclose(expected, TOLERANCE);
        const saved = await loadClassifier(await loaded.files());
        expect(await answerOf(saved)).toBeAllclose(expected, TOLERANCE);
        for (const each of [trained, loaded, second, saved]) each.dispose();
        await settled();
      });
    });
  });

  it('answers with kernels in float16 and in int8 like the file', async () => {
    const trained = await trainClassifier(own, pictures, { l2: 1 });
    for (const options of [
      { dtype: 'float16' },
      { int8: { pictures } },
      { int8: { pictures }, input: 'tensor' },
    ] satisfies OnnxOptions[]) {
      const file = await exportOnnx(trained, { input: 'pixels', ...options });
      const loaded = await loadClassifier(file);
      const isTensor = 'input' in options;
      expect(loaded.preprocessing).toBe(isTensor ? 'caffe' : 'none');
      const images = isTensor
        ? tf.tidy(() => Float32Array.from(preprocess(picture, 'caffe').dataSync()))
        : image;
      const { data } = await runOnnx(file, images, [1, SIZE, SIZE, 3]);
      expect(await answerOf(loaded)).toBeAllclose(data, TOLERANCE);
      loaded.dispose();
    }
    trained.dispose();
  });

  it('has the thresholds of several labels', async () => {
    const several = pictures.map((each) => ({ ...each, label: [each.label] }));
    const trained = await trainClassifier(own, several, { multiLabel: true, l2: 1 });
    const file = await exportOnnx(trained, { input: 'pixels' });
    expect(Object.keys(entriesOf(file))).toEqual(['classes', 'thresholds', 'preprocessing']);
    const loaded = await loadClassifier(file);
    expect(loaded.thresholds).toEqual(trained.thresholds);
    const [found, expected] = [await loaded.classify(picture), await trained.classify(picture)];
    expect(found.map(({ present }) => present)).toEqual(expected.map(({ present }) => present));
    expect((await loaded.evaluate(several)).kind).toBe('multi-label');
    // Thresholds are the classifier's, not those of the file that it stands on.
    const base = await loadBackbone(file, { preprocessing: 'none', output: 'predictions' });
    const single = await trainClassifier(base, pictures, { l2: 1 });
    expect(entriesOf(await exportOnnx(single))).toEqual({
      classes: JSON.stringify(single.classes),
      preprocessing: 'none',
    });
    for (const each of [trained, loaded, single, base]) each.dispose();
  });

  it('is loaded from a path, by the command line too, and saved', async () => {
    const trained = await trainClassifier(own, pictures, { l2: 1 });
    const path = join(folder, 'classifier.onnx');
    await exportOnnx(trained, path);
    const loaded = await loadClassifier(path);
    expect(loaded.backbone.name).toBe(path);
    const place = join(folder, 'saved');
    await loaded.save(place);
    const again = await loadClassifier(place);
    expect(await answerOf(again)).toEqual(await answerOf(loaded));
    for (const each of [trained, loaded, again]) each.dispose();

    const file = join(folder, 'picture.png');
    const { default: sharp } = await import('sharp');
    await sharp(Buffer.from(image), { raw: { width: SIZE, height: SIZE, channels: 3 } })
      .png()
      .toFile(file);
    const { code, out } = await cli('classify', path, file, '--format', 'json');
    const [{ classes }] = JSON.parse(out) as [{ classes: { className: string }[] }];
    expect([code, classes.map(({ className }) => className).sort()]).toEqual([
      0,
      [...CLASSES].sort(),
    ]);
  });

  it('is loaded from a URL with a query, by its hash', async () => {
    const trained = await trainClassifier(own, pictures, { l2: 1 });
    const file = await exportOnnx(trained);
    const server = createServer((_, response) => response.end(file)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/classifier.onnx?v=2`;
    const hex = createHash('sha256').update(file).digest('hex');
    const loaded = await loadClassifier(url, { integrity: { algorithm: 'sha256', hex } });
    server.close();
    expect(await answerOf(loaded)).toBeAllclose(await answerOf(trained), TOLERANCE);
    loaded.dispose();
    trained.dispose();
  });

  it('keeps the input size of a file that takes any', async () => {
    const written = onnxFile({
      input: ['n', 3, 'h', 'w'],
      nodes: [node('Neg', ['x'], 'y')],
    });
    const base = await loadBackbone(written, { preprocessing: 'torch', inputSize: [24, SIZE] });
    const trained = await trainClassifier(base, pictures, { l2: 1 });
    const file = await exportOnnx(trained);
    expect(entriesOf(file)['inputSize']).toBe('[24,32]');
    const loaded = await loadClassifier(file);
    expect([loaded.inputSize, loaded.preprocessing]).toEqual([[24, SIZE], 'torch']);
    expect(await answerOf(loaded)).toBeAllclose(await answerOf(trained), TOLERANCE);
    const fixed = await exportOnnx(trained, { input: 'pixels' });
    expect(entriesOf(fixed)['inputSize']).toBeUndefined();
    for (const each of [trained, loaded, base]) each.dispose();
  });
});

/** As torch exports them: channels first, `[batch, classes]`. The logits are the mean red, green and blue. */
const means = [node('GlobalAveragePool', ['x'], 'p'), node('Flatten', ['p'], 'y', { axis: 1 })];
const named = { classes: CLASSES, preprocessing: 'none' } as const;
const expectedMeans = () => tf.tidy(() => picture.toFloat().mean([0, 1]).softmax().dataSync());

describe('another ONNX file', () => {
  const load = (written: Partial<Written>, options: LoadClassifierOptions = named) =>
    loadClassifier(onnxFile({ nodes: means, rank: 2, ...written }), options);

  it.each<[string, Partial<Written>]>([
    ['logits', {}],
    ['batches of a fixed size', { input: [2, 3, SIZE, SIZE] }],
    [
      'a softmax',
      {
        nodes: [
          ...means.slice(0, 1),
          node('Flatten', ['p'], 'l'),
          node('Softmax', ['l'], 'y', { axis: 1 }),
        ],
      },
    ],
    [
      'a softmax over a map of one position, then Flatten and Identity',
      {
        nodes: [
          ...means.slice(0, 1),
          node('Softmax', ['p'], 's', { axis: -3 }),
          node('Flatten', ['s'], 'f'),
          node('Identity', ['f'], 'y'),
        ],
      },
    ],
    ['another output, which is left out', { outputs: ['y', 'p'] }],
  ])('that gives %s is a classifier', async (_, written) => {
    await expectNoLeak(async () => {
      const loaded = await load(written, { ...named, inputSize: [SIZE, SIZE] });
      expect(await answerOf(loaded)).toBeAllclose(expectedMeans(), TOLERANCE);
      expect(loaded).toMatchObject({ classes: CLASSES, preprocessing: 'none' });
      const results = await loaded.classify(pictures.map((each) => each.picture));
      expect(results.map(([best]) => best?.className)).toEqual(pictures.map(({ label }) => label));
      loaded.dispose();
      await settled();
    });
  });

  it.each(['torchscript', 'dynamo'])('that torch wrote by %s is a classifier', async (writer) => {
    const url = new URL(`../goldens/onnx/maps-${writer}.onnx`, `file://${__filename}`);
    const bytes = new Uint8Array(readFileSync(url));
    const first = tf.tidy(() =>
      Float32Array.from(picture.toFloat().div(127.5).sub(1).transpose([2, 0, 1]).dataSync()),
    );
    const { data, shape } = await runOnnx(bytes, first, [1, 3, SIZE, SIZE]);
    const [, count = 0] = shape;
    const loaded = await loadClassifier(bytes, {
      classes: Array.from({ length: count }, (_, i) => `class ${i}`),
      ...({ preprocessing: 'tf', inputSize: [SIZE, SIZE] } as const),
    });
    // Each position has logits, whose probabilities are averaged.
    const expected = tf.tidy(() =>
      tf
        .tensor(data, [...shape])
        .transpose([0, 2, 3, 1])
        .softmax()
        .mean([0, 1, 2])
        .dataSync(),
    );
    expect(await answerOf(loaded)).toBeAllclose(expected, TOLERANCE);
    loaded.dispose();
  });

  it('averages the probabilities of a map, channels first or last', async () => {
    const first = await load({ nodes: [node('Softmax', ['x'], 'y', { axis: 1 })], rank: 4 });
    const last = await load({
      nodes: [node('Softmax', ['x'], 'y', { axis: -1 })],
      ...{ input: ['n', SIZE, SIZE, 3], rank: 4 },
    });
    const expected = tf.tidy(() => [...picture.toFloat().softmax().mean([0, 1]).dataSync()]);
    expect(await answerOf(first)).toBeAllclose(expected, TOLERANCE);
    expect(await answerOf(last)).toBeAllclose(expected, TOLERANCE);
    first.dispose();
    last.dispose();
  });

  it('can have several labels, with sigmoids and thresholds', async () => {
    const nodes = [
      ...means.slice(0, 1),
      node('Flatten', ['p'], 'l', { axis: 1 }),
      node('Sigmoid', ['l'], 'y'),
    ];
    const loaded = await load({ nodes }, { ...named, thresholds: [0.5, 0.5, 1] });
    const found = await loaded.classify(picture);
    expect(found.map(({ present }) => present)).toEqual([true, true, true]);
    expect(await answerOf(loaded)).toBeAllclose([1, 1, 1], TOLERANCE);
    loaded.dispose();
  });

  it('scores two classes by one sigmoid', async () => {
    const nodes = [
      node('ReduceMean', ['x'], 'm', { axes: [1, 2, 3], keepdims: 0 }),
      node('Reshape', ['m', 'to'], 'l'),
      node('Sigmoid', ['l'], 'y'),
    ];
    const loaded = await load(
      { nodes, tensors: [tensor('to', [2], [-1, 1])] },
      { ...named, classes: ['dark', 'bright'] },
    );
    expect(await answerOf(loaded)).toBeAllclose([0, 1], TOLERANCE);
    loaded.dispose();
  });

  it('says what it can’t do', async () => {
    const file = onnxFile({ nodes: means, rank: 2 });
    const loaded = await loadClassifier(file, named);
    const trained = await trainClassifier(own, pictures, { l2: 1 });
    const exported = await exportOnnx(trained);
    const pixels = await exportOnnx(trained, { input: 'pixels' });
    const damaged = file.slice(0, -20);
    const path = join(folder, 'none.onnx');
    const text = join(folder, 'text.onnx');
    writeFileSync(text, 'not ONNX');
    const hash = { algorithm: 'sha256', hex: '0'.repeat(64) } as const;
    const calls: readonly [string, () => Promise<unknown>][] = [
      ['classes: expected a list of names, got undefined', () => loadClassifier(file)],
      [
        'preprocessing: expected one of "caffe", "torch", "tf", "none", got undefined',
        () => loadClassifier(file, { classes: CLASSES }),
      ],
      [
        'classes: expected a name for each of 3 scores, got ["one", "two"]',
        () => load({}, { ...named, classes: ['one', 'two'] }),
      ],
      [
        'classes: expected a name for each of 3 scores of "y", the first of 2 outputs',
        () => load({ outputs: ['y', 'p'] }, { ...named, classes: ['one', 'two'] }),
      ],
      [
        'thresholds: expected a number from 0 to 1 for each sigmoid of the model',
        () => load({}, { ...named, thresholds: [0, 0, 0] }),
      ],
      [
        'onnx: output "y": expected scores as floats',
        () => load({ nodes: [node('ReduceMean', ['x'], 'y', { keepdims: 0 })], rank: 1 }),
      ],
      [
        'onnx: output "y": expected scores as floats',
        () =>
          load({
            nodes: [...means.slice(0, 1), node('Flatten', ['p'], 'l'), node('ArgMax', ['l'], 'y')],
          }),
      ],
      [
        'onnx: output "y": expected scores as floats',
        () =>
          load({
            nodes: [node('Softmax', ['x'], 's', { axis: 1 }), node('Flatten', ['s'], 'y')],
          }),
      ],
      [
        'inputSize: expected [height, width] that input "x" of size [any, any] takes',
        () => load({ input: ['n', 3, 'h', 'w'] }),
      ],
      [
        'inputSize: expected [height, width] that input "x" of size [32, 32] takes',
        () => load({}, { ...named, inputSize: [64, 64] }),
      ],
      ['backbone: expected none for a whole model', () => load({}, { ...named, backbone: own })],
      [
        'engine: expected one of ONNX Runtime for an ONNX file, got "layers"',
        () => load({}, { ...named, engine: 'layers' }),
      ],
      [
        'classes: expected none for an ONNX file that has its own',
        () => loadClassifier(exported, { classes: CLASSES }),
      ],
      [
        'preprocessing: expected none for an ONNX file that has its own',
        () => loadClassifier(exported, { preprocessing: 'caffe' }),
      ],
      [
        'preprocessing: expected "none" for a file that takes uint8, got "caffe"',
        () => loadClassifier(pixels, { preprocessing: 'caffe' }),
      ],
      ['WeightsError: onnx: expected', () => loadClassifier(damaged, named)],
      [
        'WeightsError: onnx: expected a file that begins with 08',
        () => loadClassifier(text, named),
      ],
      ['there is no such file', () => loadClassifier(path, named)],
      ['mirror: expected none', () => loadClassifier(file, { ...named, mirror: 'https://x.y' })],
      ['expected sha256 0000', () => loadClassifier(file, { ...named, integrity: hash })],
      ['got an ONNX file of both', () => loaded.explain(picture)],
      ['got an ONNX file, which can run but not learn', () => loaded.fineTune(pictures)],
      [
        'familiarity: expected a classifier that knows how familiar pictures are',
        () => loaded.classify(picture, { familiarity: true }),
      ],
    ];
    await expectNoLeak(async () => {
      for (const [message, call] of calls) expect(await rejection(call())).toContain(message);
    });
    loaded.dispose();
    trained.dispose();
  });

  it('is exported as one file with its classes', async () => {
    const loaded = await loadClassifier(onnxFile({ nodes: means, rank: 2 }), named);
    const file = await exportOnnx(loaded, { input: 'pixels' });
    const again = await loadClassifier(file);
    expect(await answerOf(again)).toBeAllclose(await answerOf(loaded), TOLERANCE);
    expect(again.classes).toEqual(CLASSES);
    loaded.dispose();
    again.dispose();
  });
});

it.each([
  pooledHead({ numClasses: 3, activation: 'sigmoid' }),
  denseHead({ numClasses: 3, hiddenUnits: 4, activation: 'linear' }),
])('a model with the head %j is read by what it ends in', async (head) => {
  const model = attachHead(own, head, { seed: 2 });
  const options = { classes: CLASSES, preprocessing: 'caffe' } as const;
  const found = await loadClassifier(await exportOnnx(model), options);
  // Not disposed: it would own the backbone.
  const expected = await loadClassifier(model, options);
  expect(await answerOf(found)).toBeAllclose(await answerOf(expected), TOLERANCE);
  found.dispose();
});
