import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { type Classifier, pooledHead, saveWeights } from 'resnet-heads';
import * as node from 'resnet-heads/node';
import { miniResnet } from '../setup/mini-resnet';
import { type Calls, checkLeaks, fail, free } from './check';
import { CLASSES, HEAD, makeClassifier, makeModel } from './fixtures';

let folder: string;
let base: tf.LayersModel;
let otherBase: tf.LayersModel;
let model: tf.LayersModel;
let classifier: Classifier;
let images: readonly node.LabelledFile[];
const at = (name: string) => join(folder, name);

/** A copy of the saved classifier with something in a file of it changed. */
function damaged(name: string, file: string, change: (text: string) => string): string {
  mkdirSync(at(name), { recursive: true });
  for (const each of ['model.json', 'weights.bin', 'metadata.json']) {
    const bytes = readFileSync(join(at('saved'), each));
    writeFileSync(join(at(name), each), each === file ? change(bytes.toString()) : bytes);
  }
  return at(name);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-leaks-'));
  for (const [label, name] of CLASSES.entries()) {
    mkdirSync(join(at('pictures'), name), { recursive: true });
    for (let i = 0; i < 3; i++) {
      const background = { r: label * 100, g: i * 50, b: 0 };
      const picture = sharp({ create: { width: 40, height: 36, channels: 3, background } });
      await picture.png().toFile(join(at('pictures'), name, `${i}.png`));
    }
  }
  writeFileSync(at('file'), 'not what anyone looks for');
  base = miniResnet('v1', 1);
  otherBase = miniResnet('v1.5', 2);
  model = makeModel();
  classifier = makeClassifier();
  await node.saveClassifier(classifier, at('saved'));
  await node.saveClassifier(classifier, at('head'), { scope: 'head' });
  writeFileSync(at('weights'), await saveWeights(model));
  ({ images } = await node.readImageFolder(at('pictures')));
});

afterAll(() => {
  free(base, otherBase, model, classifier.model);
  rmSync(folder, { recursive: true, force: true });
});

const EXTRACT = { preprocessing: 'tf', inputSize: [32, 32], batchSize: 4 } as const;
const train = (options: Partial<node.TrainFolderOptions>) =>
  node.trainFolder(base, at('pictures'), {
    ...{ head: HEAD, preprocessing: 'tf', out: at('trained'), epochs: 1, ...options },
  });
const unreadable = (): node.LabelledFile[] => [{ path: at('file'), label: 0 }];

const CALLS: Record<keyof typeof node, Calls> = {
  PictureError: {
    good: () => new node.PictureError('file: expected a picture'),
    bad: 'it is an error itself',
  },
  checkpointFile: {
    good: () => node.checkpointFile(at('checkpoint')).load(),
    bad: {
      'a folder that is a file': () =>
        node
          .checkpointFile(join(at('file'), 'checkpoint'))
          .save({ history: [], bestEpoch: 0, steps: 0, weights: [], moments: [], best: [] }),
      'a file that is no checkpoint': () => node.checkpointFile(at('file')).load(),
    },
  },
  decodeImage: {
    good: () => node.decodeImage(images[0]!.path, { height: 8, width: 8 }),
    bad: { 'what is no picture': () => node.decodeImage(at('file'), { height: 8, width: 8 }) },
  },
  evaluateFolder: {
    good: () => node.evaluateFolder(classifier, at('pictures')),
    bad: {
      'a folder without pictures': () => node.evaluateFolder(classifier, at('saved')),
      'pixels of another size than the model’s': () => {
        const metadata = { ...classifier.metadata, inputSize: [16, 16] } as const;
        return node.evaluateFolder({ ...classifier, metadata }, at('pictures'));
      },
      'a progress that throws': () =>
        node.evaluateFolder(classifier, at('pictures'), { onProgress: fail }),
    },
  },
  exportOnnx: {
    good: () => node.exportOnnx(model, at('model.onnx')),
    bad: { 'a folder that is a file': () => node.exportOnnx(model, join(at('file'), 'x.onnx')) },
  },
  exportSavedModel: {
    good: () => node.exportSavedModel(model, at('saved-model'), { classes: CLASSES }),
    bad: {
      'a folder that is a file': () => node.exportSavedModel(model, join(at('file'), 'x')),
      'classes of another number': () =>
        node.exportSavedModel(model, at('other'), { classes: ['a'] }),
    },
  },
  extractFolder: {
    good: async () => {
      free(await node.extractFolder(base, images, { ...EXTRACT, head: HEAD }));
    },
    bad: {
      'an unknown preprocessing': () =>
        node.extractFolder(base, images, { ...EXTRACT, preprocessing: 'bad' as 'tf' }),
      'another size than the base’s': () =>
        node.extractFolder(base, images, { ...EXTRACT, inputSize: [16, 16] }),
      'pictures that can’t be decoded': () => node.extractFolder(base, unreadable(), EXTRACT),
      'one such picture, strictly': () =>
        node.extractFolder(base, [...images, ...unreadable()], { ...EXTRACT, strict: true }),
      'a progress that throws': () =>
        node.extractFolder(base, images, { ...EXTRACT, onProgress: fail }),
      'a signal that has fired': () =>
        node.extractFolder(base, images, { ...EXTRACT, signal: AbortSignal.abort(new Error()) }),
      'an unknown engine': () =>
        node.extractFolder(base, images, { ...EXTRACT, engine: 'fast' as 'layers' }),
      'an engine that isn’t there': () =>
        node.extractFolder(base, images, { ...EXTRACT, engine: 'onnxruntime-cuda' }),
    },
  },
  imageBatches: {
    good: async () => {
      for await (const { pixels } of node.imageBatches(images, { height: 8, width: 8 }))
        free(pixels);
    },
    bad: {
      'a size of 0': () => node.imageBatches(images, { height: 0, width: 8 }),
      'a picture that can’t be decoded': async () => {
        const options = { height: 8, width: 8, batchSize: 2, strict: true };
        const all = node.imageBatches([...images, ...unreadable()], options);
        for await (const { pixels } of all) free(pixels);
      },
    },
  },
  loadClassifier: {
    good: async () => {
      (await node.loadClassifier(at('saved'))).dispose();
      const own = miniResnet('v1', 1);
      (await node.loadClassifier(at('head'), { base: own })).dispose();
    },
    bad: {
      'an empty folder': () => node.loadClassifier(at('pictures')),
      'metadata of another number of classes': () =>
        node.loadClassifier(
          damaged('classes', 'metadata.json', (text) => text.replace('"a",', '')),
        ),
      'an output that is no score': () =>
        node.loadClassifier(
          damaged('relu', 'model.json', (text) => text.replaceAll('"softmax"', '"relu"')),
        ),
      'weights that are short': () =>
        node.loadClassifier(damaged('short', 'weights.bin', () => 'short')),
      'a head without its base': () => node.loadClassifier(at('head')),
      'a head with another base': () => node.loadClassifier(at('head'), { base: otherBase }),
      'a head with what is no base': () => node.loadClassifier(at('head'), { base: {} as never }),
    },
  },
  loadModelFolder: {
    good: async () => {
      free(await node.loadModelFolder(at('saved')));
    },
    bad: {
      'an empty folder': () => node.loadModelFolder(at('pictures')),
      'weights that are short': () =>
        node.loadModelFolder(damaged('short-too', 'weights.bin', () => 'short')),
    },
  },
  loadTfjsNode: {
    good: async () => {
      await node.loadTfjsNode();
      // Which loading it changes.
      await tf.setBackend('cpu');
    },
    bad: {
      'another package': () => node.loadTfjsNode('@tensorflow/none' as '@tensorflow/tfjs-node'),
    },
  },
  loadWebgpu: {
    // jest loads no ES modules, which `webgpu` is: `npm run test:webgpu` runs it in a process of its own.
    good: () => undefined,
    bad: { 'a package that doesn’t load': () => node.loadWebgpu() },
  },
  loadWeights: {
    good: () => node.loadWeights(model, at('weights')),
    bad: {
      'a file that isn’t there': () => node.loadWeights(model, at('none')),
      'what are no weights': () => node.loadWeights(model, at('file')),
      'weights of another model': () => node.loadWeights(otherBase, at('weights')),
    },
  },
  readImageFolder: {
    good: () => node.readImageFolder(at('pictures')),
    bad: { 'a folder without pictures': () => node.readImageFolder(at('saved')) },
  },
  readParts: {
    good: () => node.readParts(at('pictures')),
    bad: { 'a folder without classes': () => node.readParts(at('saved')) },
  },
  saveClassifier: {
    good: async () => {
      await node.saveClassifier(classifier, at('again'));
      await node.saveClassifier(classifier, at('again-head'), { scope: 'head' });
    },
    bad: {
      'a folder that is a file': () => node.saveClassifier(classifier, join(at('file'), 'x')),
      'a head, likewise': () =>
        node.saveClassifier(classifier, join(at('file'), 'x'), { scope: 'head' }),
      'another scope': () => node.saveClassifier(classifier, at('x'), { scope: 'base' as 'head' }),
    },
  },
  saveModelFolder: {
    good: () => node.saveModelFolder(model, at('model')),
    bad: { 'a folder that is a file': () => node.saveModelFolder(model, join(at('file'), 'x')) },
  },
  splitImages: {
    good: () => node.splitImages(images, { validation: 0.3 }),
    bad: { 'a part above 1': () => node.splitImages(images, { validation: 2 }) },
  },
  trainFolder: {
    good: () => train({}),
    bad: {
      'too few classes': () => train({ head: pooledHead({ numClasses: 2 }) }),
      'too many classes': () => train({ head: pooledHead({ numClasses: 5 }) }),
      'an unknown preprocessing': () => train({ preprocessing: 'bad' as 'tf' }),
      'no epochs': () => train({ epochs: 0 }),
      'an output in a file': () => train({ out: join(at('file'), 'x') }),
      'a callback that throws': () => train({ callbacks: { onEpochEnd: fail } }),
      'a signal that has fired': () => train({ signal: AbortSignal.abort(new Error()) }),
    },
  },
};

checkLeaks(node, CALLS);
