import * as tf from '@tensorflow/tfjs';
import * as main from 'resnet-heads';
import type { Classifier, LabelledPicture } from 'resnet-heads';
import { miniResnet } from '../setup/mini-resnet';
import { type Calls, checkLeaks, fail, free } from './check';
import {
  batches,
  CLASSES,
  drawImages,
  HEAD,
  makeClassifier,
  makeFeatures,
  makeModel,
  METADATA,
} from './fixtures';

let base: tf.LayersModel;
let model: tf.LayersModel;
let classifier: Classifier;
let images: tf.Tensor4D;
let picture: tf.Tensor3D;
let features: main.Features;
let weights: Uint8Array;
let robustness: main.Robustness;
beforeAll(async () => {
  base = miniResnet('v1', 1);
  model = makeModel();
  classifier = makeClassifier();
  images = drawImages();
  picture = tf.randomUniform<tf.Rank.R3>([40, 36, 3], 0, 255, 'int32', 1);
  features = makeFeatures();
  weights = await main.saveWeights(model);
  robustness = await main.translationRobustness(model, [{ images, labels: [0, 1, 2] }], {
    shifts: [0, 1],
  });
});
afterAll(() => {
  free(base, model, classifier.model, images, picture, features.values);
});

const LABELS = [0, 1, 2];
const WRONG_LABELS = [0, 1, 3];
const SMALL = { inputShape: [32, 32, 3], weights: 'pending' } as const;
const confusion = () => main.confusionMatrix([0, 1, 2], [0, 1, 1], CLASSES);
const plan = () => main.planResnet({ head: 'pooled', numClasses: 3, inputShape: [32, 32, 3] });
const none = {} as never;

/** Files of a saved classifier, with changes. */
async function saved(change: Partial<Record<string, string>> = {}) {
  const files: Record<string, string | Uint8Array> = {
    'metadata.json': JSON.stringify(classifier.metadata),
  };
  const handler = tf.io.withSaveHandler(({ weightData, weightSpecs = [], ...rest }) => {
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    files['model.json'] = JSON.stringify({ ...rest, weightsManifest });
    files['weights.bin'] = new Uint8Array(weightData as ArrayBuffer);
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const },
    });
  });
  await classifier.model.save(handler);
  return { ...files, ...change };
}

/** Loads a classifier from a server that has these files, and no others. */
async function fetched(files: Readonly<Record<string, string | Uint8Array | undefined>>) {
  const fetching = jest.spyOn(globalThis, 'fetch').mockImplementation((url) => {
    const name = (url as string | URL).toString().split('/').at(-1) ?? '';
    // Node's types know no typed arrays here.
    const body = files[name] as string | undefined;
    return Promise.resolve(new Response(body ?? '', { status: body === undefined ? 404 : 200 }));
  });
  try {
    (await main.loadClassifier('https://example.org/classifier')).dispose();
  } finally {
    fetching.mockRestore();
  }
}

/** Calls of a builder of a whole ResNet, at a size that takes no time. */
const builder = <T extends object>(
  build: (options: T) => tf.LayersModel,
  good: T,
  wrong: Record<string, unknown>,
): Calls => ({
  good: () => {
    free(build(good));
  },
  bad: Object.fromEntries(
    Object.entries(wrong).map(([key, value]) => [
      `${key} ${String(value)}`,
      () => build({ ...good, [key]: value }),
    ]),
  ),
});
const WRONG_SIZES = { depth: 51, inputShape: [3], weights: 'some' };
const WRONG_HEAD = { ...WRONG_SIZES, numClasses: 0, activation: 'relu' };

const failingBatches = function* () {
  yield* batches(LABELS);
  fail();
};
const smallBatches = function* () {
  yield { images: tf.zeros<tf.Rank.R4>([3, 16, 16, 3]), labels: LABELS };
};
const nanFeatures = (): main.Features => ({ ...features, values: tf.fill([6, 1, 1, 64], NaN) });

/** Runs what takes features of its own, and frees them. */
async function withFeatures(own: main.Features, body: (own: main.Features) => Promise<unknown>) {
  try {
    await body(own);
  } finally {
    own.values.dispose();
  }
}

const tune = async (options: main.FineTuneOptions, source: main.BatchSource) => {
  const own = makeModel();
  try {
    await main.fineTune(own, source, { epochs: 1, ...options });
  } finally {
    own.dispose();
  }
};

const CALLS: Record<keyof typeof main, Calls> = {
  analyze: {
    good: () => main.analyze(model),
    bad: { 'what is no model': () => main.analyze(none) },
  },
  attachHead: {
    good: () => {
      const own = miniResnet('v1', 1);
      free(main.attachHead(own, HEAD));
    },
    bad: {
      'what is no head': () => main.attachHead(base, none),
      'a head that fails': () =>
        main.attachHead(base, {
          name: 'fails',
          apply: (layers, map) => (layers.dense({ name: 'made', units: 2 })(map), fail()),
        }),
      'a model that has no map': () => main.attachHead(model, HEAD),
    },
  },
  buildDenseResnet: builder(
    main.buildDenseResnet,
    { ...SMALL, numClasses: 2, hiddenUnits: 2 },
    { ...WRONG_HEAD, hiddenUnits: 0 },
  ),
  buildFlattenedResnet: builder(
    main.buildFlattenedResnet,
    { ...SMALL, numClasses: 2, hiddenUnits: 2 },
    { ...WRONG_HEAD, hiddenUnits: 0 },
  ),
  buildHead: {
    good: () => {
      free(main.buildHead(HEAD, [1, 1, 64]));
    },
    bad: {
      'a shape of two sizes': () => main.buildHead(HEAD, [1, 64]),
      'a head that fails': () =>
        main.buildHead(
          {
            name: 'fails',
            apply: (layers, map) => (layers.dense({ name: 'made', units: 2 })(map), fail()),
          },
          [1, 1, 64],
        ),
    },
  },
  buildPooledResnet: builder(
    main.buildPooledResnet,
    { ...SMALL, numClasses: 2 },
    { ...WRONG_HEAD, pooling: 'min' },
  ),
  classActivationMap: {
    good: async () => {
      const image = drawImages(1);
      free(await main.classActivationMap(model, image, 1), image);
    },
    bad: {
      'a class that isn’t there': () => main.classActivationMap(model, images, 3),
      'several images': () => main.classActivationMap(model, images, 1),
      'what is no model': () => main.classActivationMap(none, images, 1),
    },
  },
  compareHeads: {
    good: () =>
      main.compareHeads(base, [HEAD], {
        measure: true,
        runs: 1,
        trial: { training: features, validation: features, epochs: 1 },
      }),
    bad: {
      'no heads': () => main.compareHeads(base, []),
      'no runs': () => main.compareHeads(base, [HEAD], { measure: true, runs: 0 }),
      'labels of no class': () =>
        main.compareHeads(base, [HEAD], {
          trial: {
            training: features,
            validation: { ...features, labels: new Int32Array(6).fill(9) },
          },
        }),
      'a base without a map': () => main.compareHeads(model, [HEAD]),
    },
  },
  confusionMatrix: {
    good: confusion,
    bad: { 'labels of no class': () => main.confusionMatrix([3], [0], CLASSES) },
  },
  createClassifier: {
    good: async () => {
      const own = makeClassifier();
      await own.classify(picture, { top: 1 });
      own.dispose();
    },
    bad: {
      'too few classes': () => main.createClassifier(model, { ...METADATA, classes: ['a'] }),
      'another input size': () =>
        main.createClassifier(model, { ...METADATA, inputSize: [16, 16] }),
      'what is no picture': () => classifier.classify(images as never),
      'no classes to name': () => classifier.classify(picture, { top: 0 }),
    },
  },
  decodePredictions: {
    good: async () => {
      const scores = tf.zeros([1, 1000]);
      await main.decodePredictions(scores);
      scores.dispose();
    },
    bad: { 'scores of other classes': () => main.decodePredictions(images) },
  },
  denseHead: {
    good: () => main.denseHead({ numClasses: 2 }),
    bad: { 'no classes': () => main.denseHead({ numClasses: 0 }) },
  },
  estimateMemory: {
    good: () => main.estimateMemory(plan()),
    bad: { 'no batch': () => main.estimateMemory(plan(), { batchSize: 0 }) },
  },
  exportOnnx: {
    good: () => main.exportOnnx(model),
    bad: {
      'what is no model': () => main.exportOnnx(none),
      'a layer that can’t be written': async () => {
        const own = tf.sequential({ layers: [tf.layers.lstm({ units: 2, inputShape: [3, 4] })] });
        try {
          await main.exportOnnx(own);
        } finally {
          own.dispose();
        }
      },
    },
  },
  extractFeatures: {
    good: async () => {
      free(await main.extractFeatures(base, batches(LABELS, LABELS), { head: HEAD }));
    },
    bad: {
      'labels of no class': () => main.extractFeatures(base, batches(LABELS, [0, 1, 0.5])),
      'images of another size': () => main.extractFeatures(base, smallBatches()),
      'batches that end in an error': () => main.extractFeatures(base, failingBatches()),
      'a progress that throws': () =>
        main.extractFeatures(base, batches(LABELS), { onProgress: fail }),
      'no batches': () => main.extractFeatures(base, []),
      'a base without a map': () => main.extractFeatures(model, []),
      'a head that fails': () =>
        main.extractFeatures(base, [], { head: { name: 'fails', apply: fail } }),
    },
  },
  fineTune: {
    good: () => tune({ validation: () => batches(LABELS) }, () => batches(LABELS)),
    bad: {
      'labels of no class': () => tune({}, () => batches(LABELS, WRONG_LABELS)),
      'a validation batch likewise': () =>
        tune({ validation: () => batches(WRONG_LABELS) }, () => batches(LABELS)),
      'a validation batch of another size': () =>
        tune({ validation: smallBatches }, () => batches(LABELS)),
      'images of another size': () => tune({}, smallBatches),
      'a batch that is none': () => tune({}, () => [null as never]),
      'batches that end in an error': () => tune({}, failingBatches),
      'a function that throws after an epoch': () => tune({ onEpoch: fail }, () => batches(LABELS)),
      'a callback that throws': () =>
        tune({ callbacks: { onBatchEnd: fail } }, () => batches(LABELS)),
      'a checkpoint that can’t be kept': () =>
        tune({ checkpoint: { load: () => Promise.resolve(undefined), save: fail } }, () =>
          batches(LABELS),
        ),
      'class weights for which images can’t be counted': () =>
        tune({ classWeights: 'balanced' }, failingBatches),
      'no layer': () => tune({ select: () => false }, () => batches(LABELS)),
      'a selection that throws': () => tune({ select: fail }, () => batches(LABELS)),
    },
  },
  fitHead: {
    good: async () => {
      free((await main.fitHead(HEAD, features, { epochs: 1, validation: features })).head);
    },
    bad: {
      'labels of no class': () =>
        withFeatures(makeFeatures([0, 1, 2, 3, 0, 0]), (own) => main.fitHead(HEAD, own)),
      'a loss that isn’t finite': () =>
        withFeatures(nanFeatures(), (own) => main.fitHead(HEAD, own)),
      'validation of another shape': () =>
        withFeatures({ ...features, values: tf.zeros([6, 2, 2, 64]) }, (own) =>
          main.fitHead(main.flattenedHead({ numClasses: 3, hiddenUnits: 2 }), features, {
            validation: own,
          }),
        ),
      'a callback that throws': () =>
        main.fitHead(HEAD, features, { callbacks: { onBatchEnd: fail } }),
      'a checkpoint that can’t be kept': () =>
        main.fitHead(HEAD, features, {
          checkpoint: { load: () => Promise.resolve(undefined), save: fail },
        }),
      'what is no head': () => main.fitHead(none, features),
      'what are no features': () => main.fitHead(HEAD, none),
    },
  },
  flattenedHead: {
    good: () => main.flattenedHead({ numClasses: 2 }),
    bad: { 'no classes': () => main.flattenedHead({ numClasses: 0 }) },
  },
  foldBatchNorm: {
    good: async () => {
      free((await main.foldBatchNorm(model, { measure: true })).model);
    },
    bad: { 'what is no model': () => main.foldBatchNorm(none) },
  },
  format: {
    good: () => [plan(), confusion(), { pooled: robustness }].map((each) => main.format(each)),
    bad: {
      'what it can’t print': () => main.format(none),
      'what is no result': () => main.format({ pooled: none }),
    },
  },
  freeze: {
    good: () => {
      main.freeze(model);
    },
    bad: {
      'what is no model': () => {
        main.freeze(none);
      },
    },
  },
  largestInput: {
    good: () => main.largestInput({ head: 'pooled', numClasses: 2 }, { budget: 1e9 }),
    bad: {
      'no budget': () => main.largestInput({ head: 'pooled', numClasses: 2 }, { budget: 0 }),
    },
  },
  loadClassifier: {
    good: async () => {
      await fetched(await saved());
    },
    bad: {
      'an address without one': () => fetched({}),
      'metadata that is none': async () => fetched(await saved({ 'metadata.json': '{}' })),
      'metadata of another number of classes': async () => {
        const metadata = { ...classifier.metadata, classes: ['a', 'b'] };
        await fetched(await saved({ 'metadata.json': JSON.stringify(metadata) }));
      },
      'an output that is no score': async () => {
        const { 'model.json': model = '', ...rest } = await saved();
        const changed = (model as string).replaceAll('"softmax"', '"relu"');
        expect(changed).not.toBe(model);
        await fetched({ ...rest, 'model.json': changed });
      },
      'weights that are short': async () => fetched(await saved({ 'weights.bin': 'short' })),
    },
  },
  loadWeights: {
    good: () => main.loadWeights(model, weights),
    bad: {
      'a damaged file': () => main.loadWeights(model, weights.slice(0, 1000)),
      'weights of another model': () => main.loadWeights(base, weights.slice(), { scope: 'head' }),
      'what are no weights': () => main.loadWeights(model, new Uint8Array(100)),
    },
  },
  overlay: {
    good: () => {
      const map = tf.tensor2d([[1, 2]]);
      free(main.overlay(map, picture), map);
    },
    bad: { 'a map of three sizes': () => main.overlay(picture as never, picture) },
  },
  pictureBatches: {
    good: () => {
      for (const batch of main.pictureBatches([{ picture, label: 0 }], METADATA))
        free(batch.images);
    },
    bad: {
      'what is no picture': () => [
        ...main.pictureBatches([{ picture: images as never, label: 0 }], METADATA),
      ],
      'labels of no class': () => [...main.pictureBatches([{ picture, label: -1 }], METADATA)],
      'a second picture that is none': () => [
        ...main.pictureBatches(
          [
            { picture, label: 0 },
            { picture: none, label: 0 },
          ] as LabelledPicture[],
          METADATA,
        ),
      ],
    },
  },
  planResnet: {
    good: plan,
    bad: { 'an unknown head': () => main.planResnet({ head: 'none' as 'pooled', numClasses: 1 }) },
  },
  pooledHead: {
    good: () => main.pooledHead({ numClasses: 2 }),
    bad: { 'no classes': () => main.pooledHead({ numClasses: 0 }) },
  },
  preprocess: {
    good: () => {
      free(main.preprocess(picture, 'torch'));
    },
    bad: {
      'an unknown mode': () => main.preprocess(picture, 'bad' as 'tf'),
      'four channels': () => {
        const four = tf.zeros([2, 2, 4]);
        try {
          main.preprocess(four, 'tf');
        } finally {
          four.dispose();
        }
      },
    },
  },
  pretrainedWeights: { good: () => main.pretrainedWeights(), bad: 'it takes nothing' },
  renderChart: {
    good: () =>
      Promise.all(
        [plan(), confusion(), { pooled: robustness }].map((each) => main.renderChart(each)),
      ),
    bad: {
      'what it can’t draw': () => main.renderChart(none),
      'what is no result': () => main.renderChart({ pooled: none }),
    },
  },
  resnet: builder(main.resnet, SMALL, { ...WRONG_SIZES, includeTop: 'yes' }),
  saveWeights: {
    good: () => main.saveWeights(model),
    bad: {
      'what is no model': () => main.saveWeights(none),
      'another scope': () => main.saveWeights(model, { scope: 'none' as 'all' }),
    },
  },
  splitModel: {
    good: () => {
      const own = makeModel();
      free(main.splitModel(own).head, own);
    },
    bad: {
      'what is no model': () => main.splitModel(none),
      'a seam that isn’t there': () => main.splitModel(model, { at: 'none' }),
      'a model without its mark': () => main.splitModel(base),
    },
  },
  supplyKernels: { good: () => main.supplyKernels(), bad: 'it takes nothing' },
  translationRobustness: {
    good: () => main.translationRobustness(model, [{ images, labels: LABELS }], { shifts: [1] }),
    bad: {
      'labels of no class': () =>
        main.translationRobustness(model, [{ images, labels: WRONG_LABELS }]),
      'no shifts': () => main.translationRobustness(model, [], { shifts: [] }),
      'no images': () => main.translationRobustness(model, []),
      'what is no model': () => main.translationRobustness(none, []),
    },
  },
  unfreeze: {
    good: () => {
      main.unfreeze(model);
    },
    bad: {
      'what is no model': () => {
        main.unfreeze(none);
      },
    },
  },
};

checkLeaks(main, CALLS);
