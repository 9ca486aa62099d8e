import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  type ConfusionEvaluation,
  type EngineName,
  extractFeatures,
  loadBackbone,
  loadClassifier,
  trainClassifier,
} from 'resnet-heads';
import { nodeEngines } from '../../src/engine/start';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { drawWeights } from '../setup/draw';
import { miniResnet } from '../setup/mini-resnet';

const pictures = colouredPictures(12, ['red', 'green']);
const [{ picture }] = pictures as [(typeof pictures)[0]];
let backbone: Backbone;
let files: Readonly<Record<string, Uint8Array>>;
beforeAll(async () => {
  const base = miniResnet('v1', 1);
  drawWeights(base);
  backbone = await loadBackbone(base, { preprocessing: 'caffe' });
  const classifier = await trainClassifier(backbone, pictures, { validation: 0, l2: 1 });
  files = await classifier.files();
  classifier.dispose();
});
afterAll(() => {
  backbone.dispose();
  tf.dispose(pictures.map((each) => each.picture));
});

/** Runs `work` with a classifier, and waits until its engine is freed. */
async function withClassifier(
  engine: EngineName | undefined,
  work: (classifier: Classifier) => Promise<void>,
): Promise<void> {
  await expectNoLeak(async () => {
    const classifier = await loadClassifier(files, engine ? { engine } : {});
    try {
      await work(classifier);
    } finally {
      classifier.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

const probabilities = async (classifier: Classifier) =>
  (await classifier.classify(picture)).map(({ probability }) => probability);

describe('the engine of a classifier', () => {
  it('is ONNX Runtime where it is installed, which gives what the layers give', async () => {
    let expected: number[] = [];
    await withClassifier('layers', async (classifier) => {
      expect(classifier.engine).toBeUndefined();
      expected = await probabilities(classifier);
      expect(classifier.engine).toBe('layers');
    });
    await withClassifier(undefined, async (classifier) => {
      expect(await probabilities(classifier)).toBeAllclose(expected, 1e-5);
      expect(classifier.engine).toBe('onnxruntime');
    });
  });

  it('gives the familiarity and the evaluation that the layers give', async () => {
    const results: unknown[] = [];
    for (const engine of ['layers', 'onnxruntime'] as const) {
      await withClassifier(engine, async (classifier) => {
        const { familiarity } = await classifier.classify(picture, { familiarity: true });
        const { accuracy, predicted } = (await classifier.evaluate(
          pictures,
        )) as ConfusionEvaluation;
        results.push({ familiarity, accuracy, predicted });
        expect(classifier.engine).toBe(engine);
      });
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('starts once, also for calls at the same time', async () => {
    const started = jest.spyOn(nodeEngines.require('engine', '', ''), 'start');
    await withClassifier(undefined, async (classifier) => {
      const all = await Promise.all([1, 2, 3].map(() => probabilities(classifier)));
      expect(all[1]).toEqual(all[0]);
      await probabilities(classifier);
    });
    expect(started).toHaveBeenCalledTimes(1);
    started.mockRestore();
  });

  it('is started again once a weight of the backbone has changed', async () => {
    await withClassifier('onnxruntime', async (classifier) => {
      const before = await probabilities(classifier);
      const kernel = classifier.model.layers.find(({ name }) => name === 'conv1_conv');
      tf.tidy(() => kernel?.setWeights(kernel.getWeights().map((weight) => weight.mul(-1))));
      const after = await probabilities(classifier);
      expect(after).not.toBeAllclose(before, 1e-3);
      const layers = await loadClassifier(await classifier.files(), { engine: 'layers' });
      expect(after).toBeAllclose(await probabilities(layers), 1e-5);
      layers.dispose();
    });
  });

  it('follows fineTune', async () => {
    await withClassifier('onnxruntime', async (classifier) => {
      await classifier.fineTune(pictures, { epochs: 1, learningRate: 0.01 });
      const after = await probabilities(classifier);
      const layers = await loadClassifier(await classifier.files(), { engine: 'layers' });
      expect(after).toBeAllclose(await probabilities(layers), 1e-5);
      layers.dispose();
    });
  });

  it('runs a model of which it isn’t known where its backbone ends as a whole', async () => {
    const whole = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3 }),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    const options = { classes: ['a', 'b'], preprocessing: 'tf' } as const;
    const classifier = await loadClassifier(whole, { ...options, engine: 'onnxruntime' });
    const found = await probabilities(classifier);
    expect(classifier.engine).toBe('onnxruntime');
    const layers = await loadClassifier(whole, { ...options, engine: 'layers' });
    expect(found).toBeAllclose(await probabilities(layers), 1e-5);
    classifier.dispose();
  });

  it('is the layers for a model that ONNX Runtime can’t run, unless another is asked for', async () => {
    const make = () =>
      tf.sequential({
        layers: [
          tf.layers.upSampling2d({ inputShape: [8, 8, 3] }),
          tf.layers.globalAveragePooling2d({}),
          tf.layers.dense({ units: 2, activation: 'softmax' }),
        ],
      });
    const options = { classes: ['a', 'b'], preprocessing: 'tf' } as const;
    const free = await loadClassifier(make(), options);
    await probabilities(free);
    expect(free.engine).toBe('layers');
    free.dispose();
    const asked = await loadClassifier(make(), { ...options, engine: 'onnxruntime' });
    await expect(asked.classify(picture)).rejects.toThrow('for export to ONNX, got "UpSampling2D"');
    asked.dispose();
  });

  it.each([
    ['steam', 'engine: expected one of "layers", "tensorflow"'],
    ['tensorflow', "engine: expected tfjs-node's backend"],
  ])('is refused at once if there is none of that name: %s', async (engine, message) => {
    const options = { engine } as { engine: EngineName };
    await expect(loadClassifier(files, options)).rejects.toThrow(message);
    await expect(trainClassifier(backbone, pictures, options)).rejects.toThrow(message);
    await expect(extractFeatures(backbone, pictures, options)).rejects.toThrow(message);
  });

  it('computes features of pictures that are no files, and is named', async () => {
    await expectNoLeak(async () => {
      const [layers, runtime] = await Promise.all(
        (['layers', 'onnxruntime'] as const).map((engine) =>
          extractFeatures(backbone, pictures, { engine }),
        ),
      );
      expect([layers?.engine, runtime?.engine]).toEqual(['layers', 'onnxruntime']);
      const [a, b] = [layers, runtime].map((each) => each?.values.dataSync() ?? []);
      const most = Math.max(...(a as Float32Array).map(Math.abs));
      expect(b?.map((value) => value / most)).toBeAllclose(
        [...(a ?? [])].map((value) => value / most),
        1e-5,
      );
      tf.dispose([layers?.values, runtime?.values] as tf.Tensor[]);
    });
  });
});
