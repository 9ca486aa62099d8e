import * as tf from '@tensorflow/tfjs';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import {
  attachHead,
  createClassifier,
  denseHead,
  exportOnnx,
  extractFeatures,
  fitHead,
  flattenedHead,
  loadClassifier,
  loadWeights,
  pictureBatches,
  pooledHead,
} from 'resnet-heads';
import outputs from '../goldens/weights/outputs.json';
import type { Case } from '../backends/conformance/case';
import { answerToDrawn, miniBase, miniClassifier } from '../backends/conformance/models';
import { drawImage, drawWeights } from '../setup/draw';

const SIZE = 32;

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
    name: 'page: pictureBatches of an image, a canvas, an ImageBitmap and ImageData',
    run: async (check) => {
      const pixels = canvas('rgb(10, 20, 30)');
      const pictures = [
        await image('rgb(10, 20, 30)'),
        pixels,
        await createImageBitmap(pixels),
        pixels.getContext('2d')!.getImageData(0, 0, SIZE, SIZE),
      ].map((picture) => ({ picture, label: 0 }));
      const options = { inputSize: [SIZE, SIZE], preprocessing: 'caffe', batchSize: 4 } as const;
      const [batch, ...none] = [...pictureBatches(pictures, options)];
      check.same(none.length, 0, 'further batches');
      check.same(batch!.images.shape, [4, SIZE, SIZE, 3], 'shape');
      // BGR, less the means of ImageNet.
      const expected = [30 - 103.939, 20 - 116.779, 10 - 123.68];
      const means = batch!.images.mean([1, 2]);
      const found = await means.data();
      tf.dispose([batch!.images, means]);
      check.close(found, [...expected, ...expected, ...expected, ...expected]);
    },
  },
  {
    name: 'page: from pictures to a trained head that tells them apart',
    run: async (check, surroundings) => {
      const base = await miniBase(surroundings);
      drawWeights(base);
      const colours = [
        'rgb(200, 30, 30)',
        'rgb(30, 30, 200)',
        'rgb(180, 40, 20)',
        'rgb(20, 40, 180)',
      ];
      const pictures = colours.map((colour, i) => ({ picture: canvas(colour), label: i % 2 }));
      const options = { inputSize: [SIZE, SIZE], preprocessing: 'tf' } as const;
      const features = await extractFeatures(base, pictureBatches(pictures, options));
      const recipe = pooledHead({ numClasses: 2 });
      const { head, history } = await fitHead(recipe, features, { epochs: 60, learningRate: 0.1 });
      check.same(history.at(-1)?.accuracy, 1, 'accuracy');
      const trained = {
        classes: ['red', 'blue'],
        inputSize: options.inputSize,
        preprocessing: 'tf',
      } as const;
      const classifier = createClassifier(attachHead(base, head), trained);
      for (const [name, colour] of [
        ['red', 'rgb(190, 50, 40)'],
        ['blue', 'rgb(40, 50, 190)'],
      ] as const) {
        const [likeliest] = await classifier.classify(await image(colour));
        check.same(likeliest?.className, name, colour);
      }
      features.values.dispose();
      head.dispose();
      classifier.dispose();
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
    name: 'page: loadClassifier by URL',
    run: async (check) => {
      const classifier = await loadClassifier('classifier/');
      check.same(classifier.metadata.classes, ['a', 'b'], 'classes');
      const [likeliest] = await classifier.classify(canvas('rgb(10, 20, 30)'), { top: 1 });
      check.same(likeliest!.probability >= 0.5, true, 'probability of the likeliest');
      classifier.dispose();
    },
  },
];
