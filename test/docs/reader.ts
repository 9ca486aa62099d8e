import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { exportOnnx, loadClassifier, resnet, saveWeights } from 'resnet-heads';
import sharp from 'sharp';
import { modelFiles } from '../../src/train/saved/write-model';
import { ROOT } from './blocks';

/** A reader's folder, with what the pages take for there. */
export interface Reader {
  readonly folder: string;
  /** A ResNet-50's weights, random ones, for what ImageNet's would be downloaded for. */
  readonly weights: string;
  /** A classifier of 1,000 classes, with random weights, for ImageNet's. */
  readonly imagenet: string;
}

/** How many pictures of each class are trained on, and how many are validated on. */
const COUNTS = { train: 8, val: 2 };
const COLOURS = { cat: '#a63', dog: '#369' };
/** Of the stand-ins, in pixels: a ResNet's smallest, as most readers' code runs in plain JavaScript. */
const SIZE = 32;

/**
 * The code of a page without its downloads: published names stand for 94 MB each. In their place come a ResNet-50 and a
 * classifier of the same structure, with random weights, and for the address of a page's model a folder.
 */
export function offline(code: string, { folder, weights, imagenet }: Reader): string {
  const [file, classifier, mobilenet] = [
    weights,
    imagenet,
    join(folder, 'mobilenet/model.json'),
  ].map((path) => JSON.stringify(path)) as [string, string, string];
  const format = `{ preprocessing: 'caffe', inputSize: [${SIZE}, ${SIZE}] }`;
  return code
    .replaceAll("loadBackbone('keras/resnet50')", `loadBackbone(${file}, ${format})`)
    .replaceAll("loadClassifier('keras/resnet50')", `loadClassifier(${classifier})`)
    .replaceAll(
      /(loadWeights\(\w+, )'(?:imagenet|keras\/resnet50)'/g,
      (_, start: string) => start + file,
    )
    .replaceAll("'/mobilenet/model.json'", mobilenet);
}

async function writeModel(model: tf.LayersModel, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(await modelFiles(model)))
    writeFileSync(join(folder, name), bytes);
}

/** A picture of one colour; each height gives another file. */
async function draw(file: string, background: string, height: number): Promise<void> {
  const picture = sharp({ create: { width: 64, height, channels: 3, background } });
  await picture.jpeg().toFile(file);
}

/** Where the classes' pictures, a model of Teachable Machine's structure and the weights are; within the repository, for imports. */
export async function furnish(): Promise<Reader> {
  const cache = join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'docs-'));
  let height = 48;
  for (const [part, count] of Object.entries(COUNTS)) {
    for (const [name, colour] of Object.entries(COLOURS)) {
      const place = join(folder, 'photos', part, name);
      mkdirSync(place, { recursive: true });
      for (let i = 0; i < count; i++) await draw(join(place, `${i}.jpg`), colour, height++);
    }
  }
  for (const [name, colour] of Object.entries({ cat: COLOURS.cat, bird: '#3c3' })) {
    const place = join(folder, 'new-photos', name);
    mkdirSync(place, { recursive: true });
    for (let i = 0; i < COUNTS.val + 1; i++) {
      await draw(join(place, `${i}.jpg`), colour, height++);
    }
  }
  for (const name of ['cat', 'holiday']) await draw(join(folder, `${name}.jpg`), COLOURS.cat, 47);

  const weights = join(folder, 'resnet50.safetensors');
  const imagenet = join(folder, 'imagenet');
  const top = resnet({ inputShape: [SIZE, SIZE, 3], includeTop: true, seed: 1 });
  writeFileSync(weights, await saveWeights(top));
  const whole = await loadClassifier(top, {
    classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`),
    preprocessing: 'caffe',
  });
  await whole.save(imagenet);
  whole.dispose();

  const small = smallBase(SIZE);
  for (const place of [folder, join(folder, 'mobilenet')]) await writeModel(small, place);
  await exportOnnx(small, join(folder, 'backbone.onnx'));
  small.dispose();

  const exported = teachableMachine();
  await writeModel(exported, join(folder, 'teachable-machine'));
  const metadata = { labels: ['cat', 'dog'], imageSize: 224 };
  writeFileSync(join(folder, 'teachable-machine/metadata.json'), JSON.stringify(metadata));
  exported.dispose();
  copyFileSync(join(ROOT, 'test/goldens/keras3/guide.keras'), join(folder, 'model.keras'));
  return { folder, weights, imagenet };
}

/** One convolution, from pictures to a map, by the name of one of MobileNet's. */
function smallBase(size: number): tf.LayersModel {
  const image = tf.input({ shape: [size, size, 3] });
  const layer = { name: 'conv_pw_12', filters: 8, kernelSize: 8, strides: 8 };
  const map = tf.layers.conv2d(layer).apply(image);
  return tf.model({ inputs: image, outputs: map as tf.SymbolicTensor });
}

/** A model in the model as Teachable Machine's library puts them together, with a small base in MobileNet's place. */
function teachableMachine(): tf.LayersModel {
  const mobilenet = smallBase(224);
  const pooled = tf.sequential({ layers: [mobilenet] });
  pooled.add(tf.layers.globalAveragePooling2d({}));
  const scores = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [8], units: 100, activation: 'relu' }),
      tf.layers.dense({ units: 2, useBias: false, activation: 'softmax' }),
    ],
  });
  const model = tf.sequential();
  model.add(pooled);
  model.add(scores);
  return model;
}
