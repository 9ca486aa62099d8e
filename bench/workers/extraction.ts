import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  extractFeatures,
  loadBackbone,
  loadTfjsNode,
  pooledHead,
  preprocess,
  quantize,
  resnet,
} from 'resnet-heads';
import { drawPictures } from './pictures.js';
import { CLASSES, type Preparation, SIDE } from './work.js';

const PICTURES = 192;
const HEAD = pooledHead({ numClasses: CLASSES });
const BATCH_SIZE = 16;

/** As one writes it with tfjs-node alone: decode, resize, predict, a batch at a time. */
async function plain(folder: string): Promise<() => Promise<void>> {
  const { node } = await loadTfjsNode();
  const base = resnet({ seed: 1 });
  const pictures = join(folder, 'pictures');
  const files = readdirSync(pictures, { encoding: 'utf8', recursive: true });
  const images = files.filter((file) => file.endsWith('.jpg'));
  return async () => {
    for (let from = 0; from < images.length; from += BATCH_SIZE) {
      const features = tf.tidy(() => {
        const decoded = images.slice(from, from + BATCH_SIZE).map((file) => {
          const picture = node.decodeJpeg(readFileSync(join(pictures, file)), 3);
          return tf.image.resizeBilinear(picture, [SIDE, SIDE]);
        });
        const maps = base.predict(preprocess(tf.stack(decoded), 'caffe')) as tf.Tensor;
        return maps.mean([1, 2]);
      });
      await features.data();
      features.dispose();
    }
  };
}

const base = () => loadBackbone(resnet({ seed: 1 }), { preprocessing: 'caffe' });

const extracting = (backbone: Backbone, pictures: string) => async () => {
  const { values } = await extractFeatures(backbone, pictures, { head: HEAD });
  values.dispose();
};

export const extraction: Readonly<Record<string, Preparation>> = {
  'pictures/write': async (folder) => {
    await drawPictures(join(folder, 'pictures'), PICTURES);
    return () => undefined;
  },
  extract: async (folder) => extracting(await base(), join(folder, 'pictures')),
  'extract/int8': async (folder) => {
    const pictures = join(folder, 'pictures');
    const backbone = await base();
    const small = await quantize(backbone, pictures);
    backbone.dispose();
    return extracting(small, pictures);
  },
  'extract/plain': plain,
};
