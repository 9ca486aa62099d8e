import * as tf from '@tensorflow/tfjs';
import * as whole from 'onnxruntime-web';
import * as ort from 'onnxruntime-web/wasm';
import * as webgpu from 'onnxruntime-web/webgpu';
import {
  type Backbone,
  type Classifier,
  type EngineName,
  exportOnnx,
  loadBackbone,
  loadClassifier,
  type OnnxRuntime,
  quantize,
  setOnnxRuntime,
  trainClassifier,
} from 'resnet-heads';
import type { Case, Check, Surroundings } from '../backends/conformance/case';
import { miniBase } from '../backends/conformance/models';
import { colouredPicture, colouredPictures } from '../setup/coloured-pictures';
import { drawWeights } from '../setup/draw';
import { ANSWERS, CLASSIFIER, type OnnxAnswers, SEED } from './onnx-facts';

/** Of a probability in int8, whose features differ by up to 1 % from float32's. */
const INT8_ERROR = 0.05;

/** The mini ResNet in layers. */
async function layersBackbone(surroundings: Surroundings): Promise<Backbone> {
  const base = await miniBase(surroundings);
  drawWeights(base);
  return loadBackbone(base, { preprocessing: 'caffe' });
}

/** Probabilities, in the order of the classes. */
async function answer(classifier: Classifier): Promise<number[]> {
  const picture = colouredPicture('red', SEED);
  const found = await classifier.classify(picture).finally(() => {
    picture.dispose();
  });
  const of = new Map(found.map(({ className, probability }) => [className, probability]));
  return classifier.classes.map((name) => of.get(name)!);
}

/** A classifier that Node saved answers and explains as there. */
async function answersAsNode(check: Check, engine?: EngineName): Promise<void> {
  const node = (await (await fetch(ANSWERS)).json()) as OnnxAnswers;
  const classifier = await loadClassifier(`${CLASSIFIER}/`, engine && { engine });
  check.close(await answer(classifier), node.probabilities);
  check.same(classifier.engine, engine ?? 'onnxruntime', 'engine');
  const picture = colouredPicture('red', SEED);
  const { values, overlay } = await classifier.explain(picture, { className: 'red' });
  // The map is scaled by its own range, which enlarges the features' rounding.
  check.close(await values.data(), node.map, 10);
  tf.dispose([picture, values, overlay]);
  classifier.dispose();
}

/** A classifier on layers answers on an engine as on the layers. */
async function answersAsLayers(check: Check, engine: EngineName): Promise<void> {
  const layers = await loadClassifier('classifier/');
  const other = await loadClassifier('classifier/', { engine });
  check.close(await answer(other), await answer(layers));
  check.same([layers.engine, other.engine], ['layers', engine], 'engines');
  layers.dispose();
  other.dispose();
}

/** Pictures to train on, disposed of afterwards. */
async function withPictures<T>(
  work: (pictures: ReturnType<typeof colouredPictures>) => Promise<T>,
): Promise<T> {
  const pictures = colouredPictures(6, ['red', 'green']);
  try {
    return await work(pictures);
  } finally {
    tf.dispose(pictures.map(({ picture }) => picture));
  }
}

/** ONNX Runtime in a page; the first case has to run before the others, as it has none. */
const cases: readonly Case[] = [
  {
    name: 'page: an ONNX backbone needs setOnnxRuntime',
    run: async (check) => {
      const expected = 'setOnnxRuntime(ort)';
      const classifier = await loadClassifier(`${CLASSIFIER}/`);
      await check.fails(() => answer(classifier), expected);
      classifier.dispose();
      await check.fails(() => loadClassifier('classifier/', { engine: 'onnxruntime' }), expected);
      await check.fails(() => {
        setOnnxRuntime({} as OnnxRuntime);
      }, 'expected the module onnxruntime-web');
    },
  },
  {
    name: 'page: a classifier on an ONNX backbone, saved in Node, with each build of onnxruntime-web',
    run: async (check) => {
      for (const runtime of [whole, webgpu, ort]) {
        setOnnxRuntime(runtime);
        await answersAsNode(check);
      }
    },
  },
  {
    name: 'page: engine onnxruntime for a classifier on layers; other engines are refused',
    run: async (check) => {
      setOnnxRuntime(ort);
      await answersAsLayers(check, 'onnxruntime');
      for (const engine of ['tensorflow', 'onnxruntime-cuda'] as const) {
        await check.fails(
          () => loadClassifier('classifier/', { engine }),
          'engine: expected "layers", "onnxruntime" or "onnxruntime-webgpu" in a browser',
        );
      }
      const onLayers = await loadClassifier(`${CLASSIFIER}/`, { engine: 'layers' });
      await check.fails(() => answer(onLayers), 'engine: expected one of ONNX Runtime');
      onLayers.dispose();
    },
  },
];

/** What takes a minute each where software computes for the GPU; the engine is the same on every backend. */
const wasmCases: readonly Case[] = [
  {
    name: 'page: a head trained on an ONNX backbone, saved and loaded, against the layers',
    run: async (check, surroundings) => {
      setOnnxRuntime(ort);
      const own = await layersBackbone(surroundings);
      const onnx = await loadBackbone(await exportOnnx(own.model), {
        ...{ preprocessing: 'caffe', inputSize: own.inputSize },
      });
      await withPictures(async (pictures) => {
        const [expected, trained] = [
          await trainClassifier(own, pictures, { l2: 1 }),
          await trainClassifier(onnx, pictures, { l2: 1 }),
        ];
        const files = await trained.files();
        check.same(
          Object.keys(files).sort(),
          ['backbone.onnx', 'metadata.json', 'model.json', 'weights.bin'],
          'files',
        );
        const loaded = await loadClassifier(files);
        const wanted = await answer(expected);
        for (const each of [trained, loaded]) check.close(await answer(each), wanted, 10);
        check.same(trained.training?.engine, 'onnxruntime', 'engine');
        for (const each of [expected, trained, loaded]) each.dispose();
      });
      own.dispose();
      onnx.dispose();
    },
  },
  {
    name: 'page: quantize, and a head trained on its int8',
    run: async (check, surroundings) => {
      setOnnxRuntime(ort);
      const own = await layersBackbone(surroundings);
      await withPictures(async (pictures) => {
        const small = await quantize(own, pictures);
        const [expected, trained] = [
          await trainClassifier(own, pictures, { l2: 1 }),
          await trainClassifier(small, pictures, { l2: 1 }),
        ];
        const [[wanted = NaN], [found = NaN]] = [await answer(expected), await answer(trained)];
        check.same(
          Math.abs(wanted - found) < INT8_ERROR,
          true,
          `probability ${found} beside ${wanted}`,
        );
        for (const each of [small, expected, trained]) each.dispose();
      });
      own.dispose();
    },
  },
];

/** What needs a Chromium that was started with WebGPU. */
const webgpuCases: readonly Case[] = [
  {
    name: 'page: engine onnxruntime-webgpu, for a classifier on an ONNX backbone and one on layers',
    run: async (check) => {
      for (const runtime of [webgpu, whole]) {
        setOnnxRuntime(runtime);
        await answersAsNode(check, 'onnxruntime-webgpu');
        await answersAsLayers(check, 'onnxruntime-webgpu');
      }
    },
  },
];

export const onnxCases = (backend: string): readonly Case[] => [
  ...cases,
  ...(backend === 'wasm' ? wasmCases : []),
  ...(backend === 'webgpu' ? webgpuCases : []),
];
