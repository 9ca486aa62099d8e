import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { pooledHead, preprocess, resnet } from 'resnet-heads';
import { extractFolder, loadTfjsNode, readImageFolder } from 'resnet-heads/node';
import { CLASSES, type Preparation, SIDE } from './work.js';

const PICTURES = 192;
/** Of a photograph as web pages show it, and the median of Kaggle's cats and dogs. */
const [WIDTH, HEIGHT] = [500, 374];
const HEAD = pooledHead({ numClasses: CLASSES });
const BATCH_SIZE = 16;

/** Pictures with as much to decode as photographs have: blurred noise, some 60 kB each. */
async function drawPictures(folder: string): Promise<string> {
  const place = join(folder, 'pictures');
  for (let i = 0; i < PICTURES; i++) {
    const label = join(place, i % 2 === 0 ? 'even' : 'odd');
    mkdirSync(label, { recursive: true });
    const noise = { type: 'gaussian', mean: 128, sigma: 80 } as const;
    const create = {
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      background: 'grey',
      noise,
    } as const;
    await sharp({ create })
      .blur(1)
      .jpeg({ quality: 90 })
      .toFile(join(label, `${i}.jpg`));
  }
  return place;
}

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
    await drawPictures(folder);
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
