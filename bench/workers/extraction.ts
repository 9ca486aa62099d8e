import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { pooledHead, preprocess, resnet } from 'resnet-heads';
import { extractFolder, loadTfjsNode, readImageFolder } from 'resnet-heads/node';
import { drawPictures } from './pictures.js';
import { CLASSES, type Preparation, SIDE } from './work.js';

const PICTURES = 192;
const HEAD = pooledHead({ numClasses: CLASSES });
const BATCH_SIZE = 16;

/** As one writes it with tfjs-node alone: decode, resize, predict, a batch at a time. */
async function plain(folder: string): Promise<() => Promise<void>> {
  const { node } = await loadTfjsNode();
  const base = resnet({ seed: 1 });
  const { images } = await readImageFolder(join(folder, 'pictures'));
  return async () => {
    for (let from = 0; from < images.length; from += BATCH_SIZE) {
      const features = tf.tidy(() => {
        const pictures = images.slice(from, from + BATCH_SIZE).map(({ path }) => {
          const picture = node.decodeJpeg(readFileSync(path), 3);
          return tf.image.resizeBilinear(picture, [SIDE, SIDE]);
        });
        const maps = base.predict(preprocess(tf.stack(pictures), 'caffe')) as tf.Tensor;
        return maps.mean([1, 2]);
      });
      await features.data();
      features.dispose();
    }
  };
}

export const extraction: Readonly<Record<string, Preparation>> = {
  'pictures/write': async (folder) => {
    await drawPictures(join(folder, 'pictures'), PICTURES);
    return () => undefined;
  },
  extract: async (folder) => {
    const base = resnet({ seed: 1 });
    const { images } = await readImageFolder(join(folder, 'pictures'));
    const options = { preprocessing: 'caffe', inputSize: [SIDE, SIDE], head: HEAD } as const;
    return async () => {
      const { values } = await extractFolder(base, images, options);
      values.dispose();
    };
  },
  'extract/plain': plain,
};
