import * as tf from '@tensorflow/tfjs';
import { classActivationMap } from '../../src/explain/activation-map';
import { confusionMatrix } from '../../src/explain/confusion';
import { overlay } from '../../src/explain/overlay';
import { checkpointFile } from '../../src/node/checkpoint-file';
import { imageBatches } from '../../src/node/images/batches';
import { decodeImage } from '../../src/node/images/decode';
import { readImageFolder } from '../../src/node/images/folder';
import { loadModelFolder } from '../../src/node/load-model-folder';
import { splitByClass } from '../../src/pictures/split';
import { extractBatches } from '../../src/train/features';
import { unscaled } from '../setup/mini-resnet';
import { fineTune, type FineTuneOptions } from '../../src/train/fine-tune';
import { fitResumable } from '../../src/train/fit-head';
import { supplyKernels } from '../../src/train/kernels';
import { modelFiles } from '../../src/train/saved/write-model';
import { type Calls, checkLeaks, fail, free } from './check';
import {
  CLASSES,
  drawImages,
  HEAD,
  LABELS,
  makeModel,
  none,
  shared,
  WRONG_LABELS,
} from './fixtures';

/** Features of an image, which the model's own layers compute. */
const featuresOfOne = (features: tf.SymbolicTensor): Promise<tf.Tensor4D> => {
  const found = tf.tidy(() =>
    tf.model({ inputs: shared.model.inputs, outputs: features }).predict(drawImages(1)),
  );
  return Promise.resolve(found as tf.Tensor4D);
};

const forgetful = { load: () => Promise.resolve(undefined), save: fail };

/** Batches of what the model takes. */
function* prepared(...labels: readonly (readonly number[])[]) {
  for (const each of labels) yield { images: drawImages(3), labels: each };
}
const smallBatches = function* () {
  yield { images: tf.zeros<tf.Rank.R4>([3, 16, 16, 3]), labels: LABELS };
};
const failingBatches = function* () {
  yield* prepared(LABELS);
  fail();
};
const extract = async (
  model: tf.LayersModel,
  batches: Parameters<typeof extractBatches>[1],
  options: Parameters<typeof extractBatches>[2] = {},
) => {
  free((await extractBatches(unscaled(model), batches, options)).values);
};
const tune = async (source: Parameters<typeof fineTune>[1], options: FineTuneOptions = {}) => {
  const own = makeModel();
  try {
    await fineTune(own, source, { epochs: 1, ...options });
  } finally {
    own.dispose();
  }
};
const file = (name = 'pictures/a/0.png') => ({ path: shared.at(name), label: 0 });

/** What is used in several places. */
const CALLS: Record<string, Calls> = {
  checkpointFile: {
    good: () => checkpointFile(shared.at('checkpoint')).load(),
    bad: {
      'a folder that is a file': () =>
        checkpointFile(shared.at('file/checkpoint')).save({
          ...{ history: [], bestEpoch: 0, steps: 0, weights: [], moments: [], best: [] },
        }),
      'a file that is no checkpoint': () => checkpointFile(shared.at('file')).load(),
    },
  },
  classActivationMap: {
    good: async () => {
      free(await classActivationMap(shared.model, featuresOfOne, 1));
    },
    bad: {
      'a class that isn’t there': () => classActivationMap(shared.model, featuresOfOne, 3),
      'features that fail': () => classActivationMap(shared.model, fail, 1),
      'what is no model': () => classActivationMap(none, featuresOfOne, 1),
    },
  },
  confusionMatrix: {
    good: () => confusionMatrix([0, 1, 2], [0, 1, 1], CLASSES),
    bad: { 'labels of no class': () => confusionMatrix([3], [0], CLASSES) },
  },
  decodeImage: {
    good: () => decodeImage(file().path, { height: 8, width: 8 }),
    bad: { 'what is no picture': () => decodeImage(shared.at('file'), { height: 8, width: 8 }) },
  },
  extractBatches: {
    good: () => extract(shared.base, prepared(LABELS, LABELS), { head: HEAD }),
    bad: {
      'labels of no class': () => extract(shared.base, prepared(LABELS, [0, 1, 0.5])),
      'images of another size': () => extract(shared.base, smallBatches()),
      'batches that end in an error': () => extract(shared.base, failingBatches()),
      'a listener that throws': () => extract(shared.base, prepared(LABELS), { onImages: fail }),
      'no batches': () => extract(shared.base, []),
      'a base without a map': () => extract(shared.model, []),
      'a head that fails': () => extract(shared.base, [], { head: { name: 'fails', apply: fail } }),
    },
  },
  fineTune: {
    good: () => tune(() => prepared(LABELS), { validation: () => prepared(LABELS) }),
    bad: {
      'labels of no class': () => tune(() => prepared(LABELS, WRONG_LABELS)),
      'a validation batch of another size': () =>
        tune(() => prepared(LABELS), { validation: smallBatches }),
      'images of another size': () => tune(smallBatches),
      'batches that end in an error': () => tune(failingBatches),
      'a checkpoint that can’t be kept': () =>
        tune(() => prepared(LABELS), { checkpoint: forgetful }),
    },
  },
  fitResumable: {
    good: async () => {
      free((await fitResumable(HEAD, shared.features, { epochs: 1 })).head);
    },
    bad: {
      'a checkpoint that can’t be kept': () =>
        fitResumable(HEAD, shared.features, { checkpoint: forgetful }),
    },
  },
  imageBatches: {
    good: async () => {
      const all = imageBatches([file(), file()], { height: 8, width: 8 });
      for await (const { pixels } of all) free(pixels);
    },
    bad: {
      'a size of 0': () => imageBatches([file()], { height: 0, width: 8 }),
      'a picture that can’t be decoded': async () => {
        const options = { height: 8, width: 8, batchSize: 2, strict: true };
        const all = imageBatches([file(), file(), file(), file('file')], options);
        for await (const { pixels } of all) free(pixels);
      },
    },
  },
  loadModelFolder: {
    good: async () => {
      free(await loadModelFolder(shared.at('saved')));
    },
    bad: {
      'an empty folder': () => loadModelFolder(shared.at('empty')),
      'weights that are short': () =>
        loadModelFolder(shared.damaged('short', 'weights.bin', () => 'short')),
    },
  },
  modelFiles: { good: () => modelFiles(shared.model), bad: { 'no model': () => modelFiles(none) } },
  overlay: {
    good: () => {
      const map = tf.tensor2d([[1, 2]]);
      free(overlay(map, shared.picture), map);
    },
    bad: { 'a map of three sizes': () => overlay(shared.picture as never, shared.picture) },
  },
  readImageFolder: {
    good: () => readImageFolder(shared.at('pictures')),
    bad: { 'a folder without pictures': () => readImageFolder(shared.at('saved')) },
  },
  splitByClass: {
    good: () => splitByClass([file(), file()], { validation: 0.3 }),
    bad: { 'a part above 1': () => splitByClass([file(), file()], { validation: 2 }) },
  },
  supplyKernels: { good: () => supplyKernels(), bad: 'it takes nothing' },
};

checkLeaks(CALLS);
