import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  attachHead,
  type Backbone,
  buildDenseResnet,
  buildFlattenedResnet,
  buildHead,
  buildPooledResnet,
  type Classifier,
  compareHeads,
  denseHead,
  estimateMemory,
  exportOnnx,
  exportSavedModel,
  extractFeatures,
  fitHead,
  flattenedHead,
  foldBatchNorm,
  format,
  largestInput,
  loadBackbone,
  loadClassifier,
  loadWeights,
  planResnet,
  pooledHead,
  renderChart,
  resnet,
  saveWeights,
  trainClassifier,
  translationRobustness,
} from 'resnet-heads';
import { type Names, requireKnown } from '../src/errors.js';
import { smallBase } from './setup/small-base.js';

/** What plain JavaScript may hand in, where the compiler takes it for anything. */
const given = (options: object) => options as never;

interface Options {
  readonly validation?: number;
  readonly onEpoch?: () => void;
}
const NAMES: Names<Options> = { validation: true, onEpoch: true };

describe('requireKnown', () => {
  it.each([
    [{}],
    [{ validation: 0.2 }],
    [{ validation: undefined, onEpoch: undefined }],
    [given({ misspelt: undefined })],
  ])('takes %j', (options) => {
    expect(() => {
      requireKnown<Options>('options', options, NAMES);
    }).not.toThrow();
  });

  it.each([
    ['validationSplit', '; did you mean "validation"?'],
    ['valid', '; did you mean "validation"?'],
    ['onepochEnd', '; did you mean "onEpoch"?'],
    ['split', ''],
    ['', ''],
    ['toString', ''],
  ])('refuses "%s"', (name, hint) => {
    expect(() => {
      requireKnown<Options>('options', given({ [name]: 1 }), NAMES);
    }).toThrow(
      expect.objectContaining({
        name: 'ArgumentError',
        message: `options: expected validation, onEpoch, got "${name}"${hint}`,
      }) as Error,
    );
  });

  it('has its names held against the type by the compiler', () => {
    // @ts-expect-error: a name is missing
    requireKnown<Options>('options', {}, { validation: true });
    // @ts-expect-error: nobody knows `split`
    requireKnown<Options>('options', {}, { validation: true, onEpoch: true, split: true });
  });
});

const WRONG = given({ misspelt: 1 });
const HEAD = given({ numClasses: 2, misspelt: 1 });
const numClasses = 2;

describe('an option that a function does not know', () => {
  let backbone: Backbone;
  let classifier: Classifier;
  const model = () => classifier.model;
  const picture = tf.zeros<tf.Rank.R3>([32, 32, 3]);
  const features = {
    values: tf.zeros([2, 1, 1, 4]),
    labels: Int32Array.of(0, 1),
    featureShape: [1, 1, 4],
  };
  const plan = { head: 'pooled', numClasses } as const;

  beforeAll(async () => {
    const base = smallBase();
    backbone = await loadBackbone(base, { preprocessing: 'tf' });
    const whole = attachHead(backbone, pooledHead({ numClasses }));
    classifier = await loadClassifier(whole, { classes: ['a', 'b'], preprocessing: 'tf' });
  });

  afterAll(() => {
    classifier.dispose();
    tf.dispose([picture, features.values]);
  });

  it.each<readonly [string, () => unknown]>([
    ['trainClassifier', () => trainClassifier(backbone, [], WRONG)],
    ['classify', () => classifier.classify(picture, WRONG)],
    ['classify, of several', () => classifier.classify([picture], WRONG)],
    ['evaluate', () => classifier.evaluate([], WRONG)],
    ['explain', () => classifier.explain(picture, WRONG)],
    ['fineTune', () => classifier.fineTune([], WRONG)],
    ['save', () => classifier.save('unwritten', WRONG)],
    ['files', () => classifier.files(WRONG)],
    ['loadBackbone', () => loadBackbone('keras/resnet50', WRONG)],
    ['loadBackbone, of a model', () => loadBackbone(backbone.model, WRONG)],
    ['loadClassifier', () => loadClassifier('keras/resnet50', WRONG)],
    ['loadClassifier, of a model', () => loadClassifier(model(), WRONG)],
    ['loadWeights', () => loadWeights(model(), 'imagenet', WRONG)],
    ['extractFeatures', () => extractFeatures(backbone, [], WRONG)],
    ['fitHead', () => fitHead(pooledHead({ numClasses }), features, WRONG)],
    ['compareHeads', () => compareHeads(backbone, ['pooled'], WRONG)],
    ['translationRobustness', () => translationRobustness(classifier, [], WRONG)],
    ['analyze', () => analyze(model(), WRONG)],
    ['estimateMemory', () => estimateMemory(planResnet(plan), WRONG)],
    ['largestInput', () => largestInput(plan, given({ budget: 1e9, misspelt: 1 }))],
    ['planResnet', () => planResnet(given({ ...plan, misspelt: 1 }))],
    [
      'planResnet, of a recipe',
      () => planResnet(given({ head: pooledHead({ numClasses }), misspelt: 1 })),
    ],
    ['resnet', () => resnet(WRONG)],
    ['buildPooledResnet', () => buildPooledResnet(HEAD)],
    ['buildFlattenedResnet', () => buildFlattenedResnet(HEAD)],
    ['buildDenseResnet', () => buildDenseResnet(HEAD)],
    ['pooledHead', () => pooledHead(HEAD)],
    ['flattenedHead', () => flattenedHead(HEAD)],
    ['denseHead', () => denseHead(HEAD)],
    ['attachHead', () => attachHead(backbone, pooledHead({ numClasses }), WRONG)],
    ['buildHead', () => buildHead(pooledHead({ numClasses }), [1, 1, 4], WRONG)],
    ['foldBatchNorm', () => foldBatchNorm(model(), WRONG)],
    ['exportOnnx', () => exportOnnx(classifier, WRONG)],
    ['exportOnnx, to a file', () => exportOnnx(classifier, 'unwritten.onnx', WRONG)],
    ['exportSavedModel', () => exportSavedModel(classifier, 'unwritten', WRONG)],
    ['saveWeights', () => saveWeights(model(), WRONG)],
    ['format', () => format(planResnet(plan), 'text', WRONG)],
    ['renderChart', () => renderChart(planResnet(plan), WRONG)],
  ])('is named by %s', async (_, call) => {
    const { numTensors } = tf.memory();
    await expect(async () => {
      await call();
    }).rejects.toThrow(
      expect.objectContaining({
        name: 'ArgumentError',
        message: expect.stringMatching(
          /^options: expected (\w+, )*\w+, got "misspelt"$/,
        ) as unknown,
      }) as Error,
    );
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it.each<readonly [string, () => unknown, string]>([
    [
      'inputSize of planResnet',
      () => planResnet(given({ ...plan, inputSize: 160 })),
      'options: expected head, numClasses, dropout, activation, pooling, depth, variant, inputShape, got "inputSize"',
    ],
    [
      'hidden units of a pooled head',
      () => planResnet(given({ ...plan, hiddenUnits: 64 })),
      'got "hiddenUnits"',
    ],
    [
      'a plan for largestInput',
      () => largestInput(given({ ...plan, inputSize: 160 }), { budget: 1e9 }),
      'plan: expected head, ',
    ],
    [
      'a head with a name',
      () => compareHeads(backbone, [given({ name: 'pooled', hiddenUnits: 64 })], { numClasses }),
      'head: expected name, dropout, activation, pooling, got "hiddenUnits"',
    ],
    [
      'a head to train',
      () => trainClassifier(backbone, [], { head: given({ name: 'flattened', hidden: 64 }) }),
      'head: expected name, dropout, activation, hiddenUnits, got "hidden"; did you mean "hiddenUnits"?',
    ],
    [
      'a split for trainClassifier',
      () => trainClassifier(backbone, [], given({ validationSplit: 0.3 })),
      'got "validationSplit"; did you mean "validation"?',
    ],
  ])('is told of %s', async (_, call, message) => {
    await expect(async () => {
      await call();
    }).rejects.toThrow(message);
  });
});
