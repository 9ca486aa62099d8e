import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import * as main from 'resnet-heads';
import { miniResnet } from '../../setup/mini-resnet';
import { type Calls, fail, free } from '../check';
import {
  batches,
  CLASSES,
  HEAD,
  LABELS,
  makeModel,
  none,
  OPTIONS,
  shared,
  WRONG_LABELS,
} from '../fixtures';

const failingBatches = function* () {
  yield* batches(LABELS);
  fail();
};

const extract = async (pictures: main.Pictures, options: main.ExtractOptions = {}) => {
  free((await main.extractFeatures(shared.backbone, pictures, options)).values);
};
const extractBatches = (pictures: main.Pictures, options: main.ExtractOptions = {}) =>
  extract(pictures, { classes: CLASSES, ...options });
const folder = () => shared.at('pictures');

const train = async (options: main.TrainOptions, pictures: main.Pictures = shared.inHand) => {
  const own = await main.trainClassifier(shared.backbone, pictures, { epochs: 1, ...options });
  own.dispose();
};
const trainOn = (pictures: unknown, options: main.TrainOptions = {}) =>
  train(options, pictures as main.Pictures);
const review = (pictures: main.Pictures, options: main.ReviewOptions = {}) =>
  main.reviewLabels(shared.backbone, pictures, options);
const compare = (options: main.CompareOptions, heads: readonly main.HeadSpec[] = [HEAD]) =>
  main.compareHeads(shared.backbone, heads, options);

const classifyAll = async (pictures: string, options: main.ClassifyFilesOptions = {}) => {
  const answers = main.classifyFiles(shared.classifier, pictures, options);
  while ((await answers.next()).done !== true);
};

/** Pictures, backbones and classifiers. */
export const ofPictures = {
  classifyFiles: {
    good: async () => {
      const cacheFolder = shared.at('classify-cache');
      await classifyAll(folder(), { cacheFolder, views: ['mirror'] });
      await classifyAll(folder(), { cacheFolder });
      const some = main.classifyFiles(shared.classifier, folder(), { batchSize: 1 });
      await some.next();
      await some.return();
    },
    bad: {
      'a folder without pictures': () => classifyAll(shared.at('empty')),
      'a file that is no picture': () => classifyAll(shared.at('file')),
      'familiarity that isn’t known': () => classifyAll(folder(), { familiarity: true }),
      'no classes to return': () => classifyAll(folder(), { top: 0 }),
    },
  },
  compareHeads: {
    good: () => compare({ measure: true, runs: 1, epochs: 1, pictures: shared.inHand }),
    bad: {
      'no heads': () => compare({}, []),
      'no runs': () => compare({ measure: true, runs: 0 }),
      'one fold': () => compare({ pictures: shared.inHand, folds: 1 }),
      'labels of no class': () => compare({ pictures: batches(WRONG_LABELS), classes: CLASSES }),
      'pictures that can’t be had': () => compare({ pictures: failingBatches(), classes: CLASSES }),
      'a progress that throws': () => compare({ pictures: shared.inHand, onProgress: fail }),
      'a base without a map': () => main.compareHeads(shared.model, [HEAD]),
      'a head of other classes': () =>
        compare({ pictures: shared.inHand }, [main.pooledHead({ numClasses: 2 })]),
    },
  },
  openFeatures: {
    good: async () => {
      const out = shared.at('features');
      const written = await main.extractFeatures(shared.backbone, folder(), { out });
      free(await written.read(Int32Array.of(0)));
      free(await (await main.openFeatures(out)).read(Int32Array.of(1, 0)));
    },
    bad: {
      'a folder that is missing': () => main.openFeatures(shared.at('nowhere')),
      'a file': () => main.openFeatures(shared.at('file')),
      'a progress that throws': () =>
        main.extractFeatures(shared.backbone, folder(), {
          ...{ out: shared.at('failing'), onProgress: fail },
        }),
    },
  },
  extractFeatures: {
    good: async () => {
      await extractBatches(batches(LABELS, LABELS), { head: HEAD });
      await extract(shared.inHand);
      await extract(folder());
    },
    bad: {
      'labels of no class': () => extractBatches(batches(LABELS, [0, 1, 0.5])),
      'batches that end in an error': () => extractBatches(failingBatches()),
      'a progress that throws': () => extractBatches(batches(LABELS), { onProgress: fail }),
      'such a progress with files': () => extract(folder(), { onProgress: fail }),
      'no batches': () => extractBatches([]),
      'batches without classes': () => extract(batches(LABELS)),
      'what is no backbone': () => main.extractFeatures(shared.base as never, shared.inHand),
      'a head that fails': () => extract(shared.inHand, { head: { name: 'fails', apply: fail } }),
      'a picture that is none': () => extract([...shared.inHand, { picture: none, label: 'a' }]),
      'pictures that can’t be decoded': () =>
        extract(['a', 'b'].map((label) => ({ picture: shared.at('file'), label }))),
      'one such picture, strictly': () =>
        extract(
          ['a', 'b'].flatMap((label) => [
            { picture: shared.at(`pictures/${label}/0.png`), label },
            { picture: shared.at('file'), label },
          ]),
          { strict: true },
        ),
      'a signal that has fired': () =>
        extract(folder(), { signal: AbortSignal.abort(new Error()) }),
      'an unknown engine': () => extract(folder(), { engine: 'fast' as 'layers' }),
      'an engine that isn’t there': () => extract(folder(), { engine: 'onnxruntime-cuda' }),
    },
  },
  loadBackbone: {
    good: async () => {
      const own = miniResnet('v1', 1);
      (await main.loadBackbone(own, { preprocessing: 'tf' })).dispose();
    },
    bad: {
      'no preprocessing': () => main.loadBackbone(shared.base),
      'another size than the model’s': () =>
        main.loadBackbone(shared.base, { preprocessing: 'tf', inputSize: [16, 16] }),
      'a model with its top': () => main.loadBackbone(shared.model, { preprocessing: 'tf' }),
      'a saved model with its top': () =>
        main.loadBackbone(shared.at('saved'), { preprocessing: 'tf' }),
      'weights of no ResNet': () =>
        main.loadBackbone(shared.at('weights.safetensors'), { preprocessing: 'tf' }),
      'an empty folder': () => main.loadBackbone(shared.at('empty'), { preprocessing: 'tf' }),
      'a folder of short weights': () =>
        main.loadBackbone(
          shared.damaged('short-model', 'weights.bin', () => 'short'),
          {
            preprocessing: 'tf',
          },
        ),
    },
  },
  reviewLabels: {
    good: async () => {
      await review(shared.inHand);
      await review(folder(), { views: ['mirror'] });
      await review(batches(LABELS, LABELS), { classes: CLASSES });
    },
    bad: {
      'one picture of each class': () => review(batches(LABELS), { classes: CLASSES }),
      'labels of no class': () => review(batches(LABELS, WRONG_LABELS), { classes: CLASSES }),
      'batches that end in an error': () => review(failingBatches(), { classes: CLASSES }),
      'a progress that throws': () => review(folder(), { onProgress: fail }),
      'a warning that throws': () =>
        review([...shared.inHand, { picture: shared.picture, label: 'd' }], { onWarning: fail }),
      'a signal that has fired': () => review(folder(), { signal: AbortSignal.abort(new Error()) }),
      'no penalty': () => review(folder(), { l2: 0 }),
      'what is no backbone': () => main.reviewLabels(none, shared.inHand),
    },
  },
  quantize: {
    good: async () => {
      const small = await main.quantize(shared.backbone, shared.inHand);
      await extract(shared.inHand);
      small.dispose();
    },
    bad: {
      'no pictures': () => main.quantize(shared.backbone, []),
      'what is no backbone': () => main.quantize(none, shared.inHand),
      'an option that isn’t there': () =>
        main.quantize(shared.backbone, shared.inHand, { epochs: 1 } as never),
    },
  },
  setOnnxRuntime: {
    good: () => {
      main.setOnnxRuntime(ort);
    },
    bad: {
      'what is no runtime': () => {
        main.setOnnxRuntime(none);
      },
    },
  },
  loadClassifier: {
    good: async () => {
      (await main.loadClassifier(shared.at('saved'))).dispose();
      (await main.loadClassifier(shared.at('head'), { backbone: shared.backbone })).dispose();
      (await main.loadClassifier(makeModel(), OPTIONS)).dispose();
      (await main.loadClassifier(await main.exportOnnx(shared.classifier))).dispose();
    },
    bad: {
      'an empty folder': () => main.loadClassifier(shared.at('empty')),
      'an address without one': () =>
        main.loadClassifier('http://127.0.0.1:9/classifier', { retries: 0 }),
      'metadata that is none': () =>
        main.loadClassifier(shared.damaged('metadata', 'metadata.json', () => '{}')),
      'metadata of another number of classes': () =>
        main.loadClassifier(
          shared.damaged('classes', 'metadata.json', (text) => text.replace('"a",', '')),
        ),
      'an output that is no score': () =>
        main.loadClassifier(
          shared.damaged('relu', 'model.json', (text) => text.replaceAll('"softmax"', '"relu"')),
        ),
      'weights that are short': () =>
        main.loadClassifier(shared.damaged('short', 'weights.bin', () => 'short')),
      'a head without its backbone': () => main.loadClassifier(shared.at('head')),
      'a head with another backbone': () =>
        main.loadClassifier(shared.at('head'), { backbone: shared.otherBackbone }),
      'a head with what is no backbone': () =>
        main.loadClassifier(shared.at('head'), { backbone: none }),
      'a model with too few classes': () =>
        main.loadClassifier(shared.model, { ...OPTIONS, classes: ['a'] }),
      'a model at another input size': () =>
        main.loadClassifier(shared.model, { ...OPTIONS, inputSize: [16, 16] }),
      'an ONNX file with too few classes': async () =>
        main.loadClassifier(await main.exportOnnx(shared.model), { ...OPTIONS, classes: ['a'] }),
    },
  },
  preprocess: {
    good: () => {
      free(main.preprocess(shared.picture, 'torch'));
    },
    bad: {
      'an unknown mode': () => main.preprocess(shared.picture, 'bad' as 'tf'),
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
  trainClassifier: {
    good: async () => {
      await train({});
      await trainOn(batches(LABELS), { classes: CLASSES, validation: batches(LABELS) });
      await trainOn(folder(), { out: shared.at('trained') });
      const from = await main.trainClassifier(shared.backbone, folder());
      await trainOn(folder(), { from });
      from.dispose();
    },
    bad: {
      'too few classes': () => train({ head: main.pooledHead({ numClasses: 2 }) }),
      'too many classes': () => train({ head: main.pooledHead({ numClasses: 5 }) }),
      'no epochs': () => train({ epochs: 0 }),
      'pictures of another classifier': () => trainOn(folder(), { from: shared.classifier }),
      'an output in a file': () => trainOn(folder(), { out: shared.at('file/x') }),
      'a callback that throws': () => train({ callbacks: { onEpochEnd: fail } }),
      'such a callback with files': () => trainOn(folder(), { callbacks: { onEpochEnd: fail } }),
      'a signal that has fired': () => train({ signal: AbortSignal.abort(new Error()) }),
      'a validation batch of no class': () =>
        trainOn(batches(LABELS), { classes: CLASSES, validation: batches(WRONG_LABELS) }),
      'batches that end in an error': () => trainOn(failingBatches(), { classes: CLASSES }),
      'a folder without pictures': () => trainOn(shared.at('empty')),
      'no pictures': () => trainOn([]),
    },
  },
  translationRobustness: {
    good: () =>
      main.translationRobustness(shared.classifier, batches(LABELS, LABELS), { shifts: [1] }),
    bad: {
      'labels of no class': () =>
        main.translationRobustness(shared.classifier, batches(LABELS, WRONG_LABELS)),
      'batches that end in an error': () =>
        main.translationRobustness(shared.classifier, failingBatches()),
      'no shifts': () =>
        main.translationRobustness(shared.classifier, shared.inHand, { shifts: [] }),
      'no images': () => main.translationRobustness(shared.classifier, () => []),
      'what is no classifier': () => main.translationRobustness(none, shared.inHand),
    },
  },
} satisfies Record<string, Calls>;
