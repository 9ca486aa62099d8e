import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { resnet, saveWeights } from 'resnet-heads';
import { saveModelFolder } from 'resnet-heads/node';
import sharp from 'sharp';
import { ROOT } from './blocks';

/** A reader's folder, with what the pages take for there. */
export interface Reader {
  readonly folder: string;
  /** A ResNet-50's weights, random ones, for what ImageNet's would be downloaded for. */
  readonly weights: string;
}

const PICTURES_A_CLASS = 5;
const COLOURS = { cat: '#a63', dog: '#369' };

/** Where the classes' pictures, a model of Teachable Machine's structure and the weights are; within the repository, for imports. */
export async function furnish(): Promise<Reader> {
  const cache = join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'docs-'));
  for (const [name, background] of Object.entries(COLOURS)) {
    mkdirSync(join(folder, 'photos', name), { recursive: true });
    for (let i = 0; i < PICTURES_A_CLASS; i++) {
      const picture = sharp({ create: { width: 64, height: 48 + i, channels: 3, background } });
      await picture.jpeg().toFile(join(folder, 'photos', name, `${i}.jpg`));
    }
  }
  const holiday = sharp({ create: { width: 80, height: 60, channels: 3, background: '#a63' } });
  await holiday.jpeg().toFile(join(folder, 'holiday.jpg'));

  const weights = join(folder, 'resnet50.safetensors');
  const pretrained = resnet({ inputShape: [32, 32, 3], seed: 1 });
  writeFileSync(weights, await saveWeights(pretrained));
  pretrained.dispose();

  const small = smallBase(32);
  const saved = join(folder, 'saved');
  await saveModelFolder(small, saved);
  for (const name of readdirSync(saved)) renameSync(join(saved, name), join(folder, name));
  rmSync(saved, { recursive: true });
  small.dispose();

  const exported = teachableMachine();
  await saveModelFolder(exported, join(folder, 'teachable-machine'));
  const metadata = { labels: ['cat', 'dog'], imageSize: 224 };
  writeFileSync(join(folder, 'teachable-machine/metadata.json'), JSON.stringify(metadata));
  exported.dispose();
  copyFileSync(join(ROOT, 'test/goldens/keras3/guide.keras'), join(folder, 'model.keras'));
  return { folder, weights };
}

/** One convolution, from pictures to a map. */
function smallBase(size: number): tf.LayersModel {
  const image = tf.input({ shape: [size, size, 3] });
  const map = tf.layers.conv2d({ filters: 8, kernelSize: 8, strides: 8 }).apply(image);
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
