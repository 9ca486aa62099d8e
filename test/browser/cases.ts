import * as tf from '@tensorflow/tfjs';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import {
  attachHead,
  denseHead,
  exportOnnx,
  extractFeatures,
  flattenedHead,
  loadBackbone,
  loadClassifier,
  loadWeights,
  pooledHead,
  trainClassifier,
} from 'resnet-heads';
import outputs from '../goldens/weights/outputs.json';
import type { Case } from '../backends/conformance/case';
import { answerToDrawn, miniBase, miniClassifier } from '../backends/conformance/models';
import { drawImage, drawWeights } from '../setup/draw';

const SIZE = 32;
/** Of a probability: float16 keeps three digits of each weight. */
const HALF_ERROR = 5e-3;

/** A picture of one colour, as a page has it before it is a tensor. */
function canvas(colour: string, size = 2 * SIZE): HTMLCanvasElement {
  const element = document.createElement('canvas');
  element.width = element.height = size;
  const context = element.getContext('2d')!;
  context.fillStyle = colour;
  context.fillRect(0, 0, size, size);
  return element;
}

async function image(colour: string): Promise<HTMLImageElement> {
  const element = new Image();
  element.src = canvas(colour).toDataURL('image/png');
  await element.decode();
  return element;
}

/** What only a page does. */
export const pageCases: readonly Case[] = [
  {
    name: 'page: load weights by URL, the second time from the Cache API',
    run: async (check, surroundings) => {
      await caches.delete('resnet-heads');
      const url = new URL('weights/keras3.keras', location.href).href;
      const from: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const model = await miniClassifier(surroundings);
        const report = await loadWeights(model, url);
        from.push(report.from);
        check.close(await answerToDrawn(model, [SIZE, SIZE, 3]), outputs.v1.probabilities);
        model.dispose();
      }
      check.same(from, ['network', 'cache'], 'where the bytes came from');
    },
  },
  {
    name: 'page: features of an image, a canvas, an ImageBitmap and ImageData',
    run: async (check) => {
      const pixels = canvas('rgb(10, 20, 30)');
      const pictures = [
        await image('rgb(10, 20, 30)'),
        pixels,
        await createImageBitmap(pixels),
        pixels.getContext('2d')!.getImageData(0, 0, SIZE, SIZE),
      ].map((picture, i) => ({ picture, label: i === 0 ? 'image' : 'other' }));
      // Gives what it takes.
      const input = tf.input({ shape: [SIZE, SIZE, 3] });
      const outputs = tf.layers.activation({ activation: 'linear' }).apply(input);
      const model = tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor });
      const backbone = await loadBackbone(model, { preprocessing: 'caffe' });
      const features = await extractFeatures(backbone, pictures);
      check.same(features.values.shape, [4, SIZE, SIZE, 3], 'shape');
      check.same([...features.labels], [0, 1, 1, 1], 'labels');
      check.same(features.classes, ['image', 'other'], 'classes');
      // BGR, less the means of ImageNet.
      const expected = [30 - 103.939, 20 - 116.779, 10 - 123.68];
      const means = features.values.mean([1, 2]);
      const found = await means.data();
      tf.dispose([features.values, means]);
      backbone.dispose();
      check.close(found, [...expected, ...expected, ...expected, ...expected]);
    },
  },
  {
    name: 'page: from pictures to a classifier that tells them apart, fine-tuned or not',
    run: async (check, surroundings) => {
      const base = await miniBase(surroundings);
      drawWeights(base);
      const backbone = await loadBackbone(base, { preprocessing: 'tf' });
      const shades = Array.from({ length: 10 }, (_, i) => [180 + 3 * i, 20 + 3 * i] as const);
      const pictures = shades.flatMap(([high, low]) => [
        { picture: canvas(`rgb(${high}, ${low}, 30)`), label: 'red' },
        { picture: canvas(`rgb(${low}, 30, ${high})`), label: 'blue' },
      ]);
      const options = { epochs: 60, learningRate: 0.1 };
      const classifier = await trainClassifier(backbone, pictures, options);
      check.same(classifier.classes, ['blue', 'red'], 'classes');
      check.same(classifier.training?.pictures, { train: 16, validation: 4 }, 'pictures');
      const tellsApart = async (which: typeof classifier) => {
        for (const [name, colour] of [
          ['red', 'rgb(190, 50, 40)'],
          ['blue', 'rgb(40, 50, 190)'],
        ] as const) {
          const [likeliest] = await which.classify(await image(colour));
          check.same(likeliest?.className, name, colour);
        }
        check.same((await which.evaluate(pictures)).accuracy, 1, 'accuracy');
      };
      await tellsApart(classifier);
      await classifier.fineTune(pictures, { epochs: 1 });
      await tellsApart(classifier);
      const files = await classifier.files();
      classifier.dispose();
      backbone.dispose();
      check.same(
        Object.keys(files).sort(),
        ['familiarity.safetensors', 'metadata.json', 'model.json', 'weights.bin'],
        'files that a page would store',
      );
    },
  },
  {
    name: 'page: paths are refused, for there is no disk',
    run: async (check, surroundings) => {
      const base = await miniBase(surroundings);
      drawWeights(base);
      const backbone = await loadBackbone(base, { preprocessing: 'tf' });
      const expected = 'paths are read and written in Node only';
      await check.fails(() => trainClassifier(backbone, 'photos'), expected);
      await check.fails(() => extractFeatures(backbone, 'photos'), expected);
      await check.fails(() => exportOnnx(base, 'model.onnx'), expected);
      backbone.dispose();
    },
  },
  {
    name: 'page: ONNX files of the three heads, run by onnxruntime-web',
    run: async (check, surroundings) => {
      // Threads need a page that is cross-origin isolated.
      env.wasm.numThreads = 1;
      for (const recipe of [pooledHead, flattenedHead, denseHead]) {
        const base = await miniBase(surroundings);
        const model = attachHead(base, recipe({ numClasses: 3 }), { weights: 'pending' });
        drawWeights(model);
        const expected = await answerToDrawn(model, [SIZE, SIZE, 3]);
        const session = await InferenceSession.create(await exportOnnx(model));
        const image = drawImage([SIZE, SIZE, 3]);
        const pixels = new Tensor('float32', await image.data<'float32'>(), image.shape);
        const { [session.outputNames[0]!]: scores } = await session.run({
          [session.inputNames[0]!]: pixels,
        });
        check.close(scores!.data as Float32Array, expected);
        await session.release();
        image.dispose();
        model.dispose();
      }
    },
  },
  {
    name: 'page: an ONNX file with float16 kernels, run by onnxruntime-web',
    run: async (check, surroundings) => {
      env.wasm.numThreads = 1;
      const model = await miniClassifier(surroundings);
      drawWeights(model);
      const expected = await answerToDrawn(model, [SIZE, SIZE, 3]);
      const [whole, half] = [
        await exportOnnx(model),
        await exportOnnx(model, { dtype: 'float16' }),
      ];
      check.same(half.length < 0.7 * whole.length, true, 'size of the kernels');
      const session = await InferenceSession.create(half);
      const image = drawImage([SIZE, SIZE, 3]);
      const pixels = new Tensor('float32', await image.data<'float32'>(), image.shape);
      const { [session.outputNames[0]!]: scores } = await session.run({
        [session.inputNames[0]!]: pixels,
      });
      const found = [...(scores!.data as Float32Array)];
      check.same(
        found.every((value, i) => Math.abs(value - expected[i]!) < HALF_ERROR),
        true,
        `probabilities ${found.join(', ')} beside ${[...expected].join(', ')}`,
      );
      await session.release();
      image.dispose();
      model.dispose();
    },
  },
  {
    name: 'page: loadClassifier and loadBackbone of a model in float16',
    run: async (check) => {
      const answers: number[] = [];
      for (const folder of ['classifier', 'classifier-float16']) {
        const classifier = await loadClassifier(`${folder}/`);
        const found = await classifier.classify(canvas('rgb(10, 20, 30)'));
        answers.push(found.find(({ className }) => className === 'a')!.probability);
        classifier.dispose();
      }
      const [whole = NaN, half = NaN] = answers;
      check.same(Math.abs(whole - half) < HALF_ERROR, true, `${whole} beside ${half}`);
      const backbone = await loadBackbone('backbone-float16/model.json', {
        preprocessing: 'caffe',
      });
      check.same(backbone.inputSize, [SIZE, SIZE], 'input size');
      backbone.dispose();
    },
  },
  {
    name: 'page: loadClassifier by URL',
    run: async (check) => {
      const classifier = await loadClassifier('classifier/');
      check.same(classifier.classes, ['a', 'b'], 'classes');
      const [likeliest] = await classifier.classify(canvas('rgb(10, 20, 30)'), { top: 1 });
      check.same(likeliest!.probability >= 0.5, true, 'probability of the likeliest');
      classifier.dispose();
    },
  },
];
