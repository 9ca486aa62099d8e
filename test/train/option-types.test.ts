import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  type Features,
  fitHead,
  loadBackbone,
  pooledHead,
  trainClassifier,
} from 'resnet-heads';
import { fineTune } from '../../src/train/fine-tune';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const SHAPE = [1, 1, 4];
const HEAD = pooledHead({ numClasses: 2 });
const pictures = colouredPictures(2, ['red', 'green']);

let features: Features;
let backbone: Backbone;
let classifier: Classifier;
beforeAll(async () => {
  const values = tf.randomUniform([8, ...SHAPE], 0, 1, 'float32', 1);
  features = { values, labels: Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1), featureShape: SHAPE };
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  classifier = await trainClassifier(backbone, pictures, { l2: 1 });
});
afterAll(() => {
  tf.dispose([features.values, ...pictures.map(({ picture }) => picture)]);
  classifier.dispose();
  backbone.dispose();
});

const CALLS: Readonly<Record<string, (options: object) => Promise<unknown>>> = {
  fitHead: (options) => fitHead(HEAD, features, options),
  trainClassifier: (options) => trainClassifier(backbone, pictures, options),
  'classifier.fineTune': (options) => classifier.fineTune(pictures, options),
  fineTune: (options) => fineTune(classifier.model, () => [], options),
};

const SIGNAL = 'signal: expected the signal of an AbortController';
const CALLBACKS = 'callbacks: expected an object of functions, such as { onEpochEnd }, or a list';
const WEIGHTS = "classWeights: expected 'balanced', or ";

describe.each(Object.keys(CALLS))('%s checks the types of its options', (name) => {
  it.each<[object, string]>([
    [{ signal: new AbortController() }, `${SIGNAL}, got an object`],
    [{ signal: 'stop' }, `${SIGNAL}, got "stop"`],
    [{ signal: null }, `${SIGNAL}, got null`],
    [{ onEpoch: 'log' }, 'onEpoch: expected a function, got "log"'],
    [{ onEpoch: {} }, 'onEpoch: expected a function, got an object'],
    [{ callbacks: 'log' }, CALLBACKS],
    [{ callbacks: () => undefined }, CALLBACKS],
    [{ callbacks: [null] }, CALLBACKS],
    [{ callbacks: { onEpochEnd: 'log' } }, CALLBACKS],
    [{ classWeights: 'balance' }, `${WEIGHTS}a positive number for each class, got "balance"`],
    [{ classWeights: 2 }, `${WEIGHTS}a positive number for each class, got 2`],
    [{ classWeights: ['1', '2'] }, `${WEIGHTS}a positive number for each class, got ["1", "2"]`],
    [{ classWeights: [1, -2] }, `${WEIGHTS}a positive number for each class, got [1, -2]`],
    [{ classWeights: [1, 2, 3] }, `${WEIGHTS}2 positive numbers, got [1, 2, 3]`],
  ])('%j', async (options, message) => {
    await expectNoLeak(async () => {
      await expect(CALLS[name]!(options)).rejects.toThrow(message);
    });
  });
});

it('fitHead says what it takes as features and as validation', async () => {
  const expected = 'expected features, as extractFeatures() or openFeatures() return them';
  const fit = (of: unknown, options: object) => fitHead(HEAD, of as Features, options);
  await expectNoLeak(async () => {
    for (const validation of [0.2, 0]) {
      await expect(fit(features, { validation })).rejects.toThrow(
        `validation: ${expected}, got ${validation}; extract those of the validation pictures, as only trainClassifier() takes a fraction`,
      );
    }
    for (const validation of ['photos', null]) {
      await expect(fit(features, { validation })).rejects.toThrow(`validation: ${expected}`);
    }
    for (const other of [undefined, 'photos', 3]) {
      await expect(fit(other, {})).rejects.toThrow(`features: ${expected}`);
    }
  });
});
