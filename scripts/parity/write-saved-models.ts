/**
 * Writes SavedModels, what they are to be fed, and what the layers models answer: what scripts/parity/check_saved_models.py
 * holds TensorFlow's answers to.
 *
 *     tsx scripts/parity/write-saved-models.ts DIR
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node';
import {
  attachHead,
  buildPooledResnet,
  denseHead,
  exportSavedModel,
  flattenedHead,
  pooledHead,
  preprocess,
  type SavedModelOptions,
} from 'resnet-heads';
import sharp from 'sharp';
import { fitPicture } from '../../src/pictures/fit.js';
import { draw, drawWeights } from '../../test/setup/draw.js';
import { miniResnet } from '../../test/setup/mini-resnet.js';

/** A case, its arrays beside it: `NAME.bin` is the input, `NAME.answer.bin` the answer, in float32. */
interface Case {
  readonly name: string;
  readonly key: 'images' | 'pixels' | 'jpeg';
  readonly shape: readonly number[];
  /** Of the largest number of an answer. */
  readonly tolerance?: number;
}

/** Three digits of each weight. */
const HALF_TOLERANCE = 5e-3;

const folder = process.argv[2] ?? '.';
const cases: Case[] = [];
const CLASSES = 10;

function keep(each: Case, input: Uint8Array, answer: tf.Tensor): void {
  writeFileSync(join(folder, `${each.name}.bin`), input);
  writeFileSync(join(folder, `${each.name}.answer.bin`), answer.dataSync());
  answer.dispose();
  cases.push(each);
}

async function writeOnTensors(
  name: string,
  model: tf.LayersModel,
  options: SavedModelOptions = {},
): Promise<void> {
  drawWeights(model);
  const shape = [2, ...(model.inputs[0]?.shape.slice(1) as number[])];
  const values = draw(
    'images',
    shape.reduce((product, size) => product * size),
    -1,
    1,
  );
  await exportSavedModel(model, join(folder, name), options);
  const images = tf.tensor(values, shape);
  const answer = model.predict(images) as tf.Tensor;
  const tolerance = options.dtype === 'float16' ? { tolerance: HALF_TOLERANCE } : {};
  keep({ name, key: 'images', shape, ...tolerance }, new Uint8Array(values.buffer), answer);
  images.dispose();
  model.dispose();
}

const heads = {
  pooled: pooledHead({ numClasses: CLASSES }),
  flattened: flattenedHead({ numClasses: CLASSES }),
  dense: denseHead({ numClasses: CLASSES }),
};
for (const variant of ['v1', 'v1.5'] as const) {
  for (const [name, head] of Object.entries(heads)) {
    const model = attachHead(miniResnet(variant), head, { weights: 'pending' });
    await writeOnTensors(`${name}-${variant}`, model);
  }
}
await writeOnTensors('resnet50', buildPooledResnet({ numClasses: CLASSES, weights: 'pending' }));

for (const [name, options] of [
  ['variables', { variables: true }],
  ['float16', { dtype: 'float16' }],
] as const) {
  const model = attachHead(miniResnet(), heads.dense, { weights: 'pending' });
  await writeOnTensors(name, model, options);
}

const [height, width] = [50, 40];
const pixels = Uint8Array.from(draw('pixels', height * width * 3, 0, 256));
const drawn = sharp(pixels, { raw: { height, width, channels: 3 } });
const jpeg = await drawn.jpeg({ quality: 90 }).toBuffer();
const decoded = await sharp(jpeg).raw().toBuffer();
for (const preprocessing of ['caffe', 'torch', 'tf'] as const) {
  const model = attachHead(miniResnet(), heads.pooled, { weights: 'pending' });
  drawWeights(model);
  const answer = (data: Uint8Array) =>
    tf.tidy(() => {
      const picture = tf.tensor3d(data, [height, width, 3], 'int32');
      return model.predict(preprocess(fitPicture(picture, [32, 32]), preprocessing)) as tf.Tensor;
    });
  const inputs = { pixels: [pixels, pixels], jpeg: [jpeg, decoded] } as const;
  for (const input of ['pixels', 'jpeg'] as const) {
    const name = `${input}-${preprocessing}`;
    const [fed, seen] = inputs[input];
    await exportSavedModel(model, join(folder, name), { input, preprocessing });
    const shape = input === 'pixels' ? [1, height, width, 3] : [1];
    keep({ name, key: input, shape }, fed, answer(Uint8Array.from(seen)));
  }
  model.dispose();
}
writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
