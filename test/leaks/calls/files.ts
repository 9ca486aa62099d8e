import * as tf from '@tensorflow/tfjs';
import * as main from 'resnet-heads';
import { type Calls } from '../check';
import { CLASSES, none, shared } from '../fixtures';

const error = (type: new (message: string) => Error): Calls => ({
  good: () => new type('file: expected a picture'),
  bad: 'it is an error itself',
});

/** Weights, exports, backends and errors. */
export const ofFiles = {
  ArgumentError: error(main.ArgumentError),
  PackageError: error(main.PackageError),
  PictureError: error(main.PictureError),
  WeightsError: error(main.WeightsError),
  exportOnnx: {
    good: async () => {
      await main.exportOnnx(shared.model);
      await main.exportOnnx(shared.classifier, { input: 'pixels' });
      await main.exportOnnx(shared.model, shared.at('model.onnx'));
      await main.exportOnnx(shared.classifier, { int8: { pictures: shared.inHand } });
    },
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
      'a folder that is a file': () => main.exportOnnx(shared.model, shared.at('file/x.onnx')),
    },
  },
  exportSavedModel: {
    good: async () => {
      await main.exportSavedModel(shared.model, shared.at('saved-model'), { classes: CLASSES });
      await main.exportSavedModel(shared.model, shared.at('half'), { dtype: 'float16' });
      await main.exportSavedModel(shared.classifier, shared.at('of-classifier'));
    },
    bad: {
      'a folder that is a file': () => main.exportSavedModel(shared.model, shared.at('file/x')),
      'classes of another number': () =>
        main.exportSavedModel(shared.model, shared.at('other'), { classes: ['a'] }),
    },
  },
  loadTfjsNode: {
    // It needs the native library: test/setup/tensorflow.ts counts the tensors.
    good: () => undefined,
    bad: {
      'another package': () => main.loadTfjsNode('@tensorflow/none' as '@tensorflow/tfjs-node'),
    },
  },
  loadWebgpu: {
    // jest loads no ES modules, which `webgpu` is: `npm run test:webgpu` runs it in a process of its own.
    good: () => undefined,
    bad: { 'a package that doesn’t load': () => main.loadWebgpu() },
  },
  loadWeights: {
    good: async () => {
      await main.loadWeights(shared.model, shared.weights);
      await main.loadWeights(shared.model, shared.at('weights.safetensors'));
    },
    bad: {
      'a damaged file': () => main.loadWeights(shared.model, shared.weights.slice(0, 1000)),
      'weights of another model': () =>
        main.loadWeights(shared.base, shared.weights.slice(), { scope: 'head' }),
      'what are no weights': () => main.loadWeights(shared.model, new Uint8Array(100)),
      'a file that isn’t there': () => main.loadWeights(shared.model, shared.at('none')),
      'a file of no weights': () => main.loadWeights(shared.model, shared.at('file')),
      'a file of another model': () =>
        main.loadWeights(shared.otherBackbone.model, shared.at('weights.safetensors')),
    },
  },
  pretrainedWeights: { good: () => main.pretrainedWeights(), bad: 'it takes nothing' },
  saveWeights: {
    good: () => main.saveWeights(shared.model),
    bad: {
      'what is no model': () => main.saveWeights(none),
      'another scope': () => main.saveWeights(shared.model, { scope: 'none' as 'all' }),
    },
  },
  useFastestBackend: {
    good: async () => {
      await main.useFastestBackend();
      await tf.setBackend('cpu');
    },
    bad: 'it takes nothing',
  },
} satisfies Record<string, Calls>;
