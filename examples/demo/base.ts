import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, type Progress, resnet, type ResnetVariant } from 'resnet-heads';
import { loadWeights } from 'resnet-heads/node';
import { batches } from './batches.js';
import type { Picture } from './pictures.js';

/** Reads a TF.js layers model from a folder with a model.json and the weight files that it names. */
export async function loadBase(folder: string): Promise<tf.LayersModel> {
  const path = join(folder, 'model.json');
  if (!existsSync(path)) {
    throw new Error(`--base: expected a folder with a model.json, got ${folder}, which has none`);
  }
  const json = JSON.parse(await readFile(path, 'utf8')) as tf.io.ModelJSON;
  const artifacts = await tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const files = manifest.flatMap(({ paths }) => paths);
    const buffers = await Promise.all(files.map((file) => readFile(join(folder, file))));
    return [
      manifest.flatMap(({ weights }) => weights),
      buffers.map(({ buffer, byteOffset, byteLength }) =>
        buffer.slice(byteOffset, byteOffset + byteLength),
      ),
    ];
  });
  const base = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  const [input, output] = [base.inputs[0]?.shape, base.outputs[0]?.shape];
  if (input?.[3] !== 3 || output?.length !== 4) {
    throw new Error(
      '--base: expected a model from [batch, height, width, 3] to [batch, height, width, channels], ' +
        `got one from [${input?.join(', ')}] to [${output?.join(', ')}]; take it without its top`,
    );
  }
  return base;
}

/** How pictures were scaled when published weights of a variant were trained: Keras's v1, torch's v1.5. */
export const SCALING: Readonly<Record<ResnetVariant, Preprocessing>> = {
  v1: 'caffe',
  'v1.5': 'torch',
};

/** Where nobody answers, a demonstration shouldn't keep its user waiting for long. */
const PATIENCE = { retries: 1, timeoutMs: 10_000 };

/**
 * A ResNet-50 with the weights of a file, or the published ones: fetched once, then out of the user's
 * cache. A top in the file is left over.
 *
 * @param onProgress called while they are fetched
 */
export async function trainedBase(
  file: string | undefined,
  variant: ResnetVariant,
  inputShape: readonly number[],
  onProgress: (progress: Progress) => void,
): Promise<tf.LayersModel> {
  const base = resnet({ variant, inputShape, weights: 'pending' });
  try {
    await loadWeights(base, file ?? 'imagenet', { ...PATIENCE, onProgress });
    return base;
  } catch (error) {
    base.dispose();
    throw error;
  }
}

/** Any will do for weights that were never trained. */
export const RANDOM_SCALING: Preprocessing = 'tf';

/**
 * A ResNet-50 with random weights whose features are of ordinary size. Fresh BatchNorm statistics are 0
 * and 1, under which features explode and every head stays at chance; one pass over the pictures sets
 * them to what the pictures give.
 *
 * @param progress called with the number of pictures done since it was called last
 */
export async function randomBase(
  inputShape: readonly number[],
  pictures: readonly Picture[],
  progress: (pictures: number) => void,
): Promise<tf.LayersModel> {
  const base = resnet({ inputShape, seed: 1 });
  // The one field that says how much of the old statistic a training pass keeps is private.
  const norms = base.layers.filter(
    (layer) => layer.getClassName() === 'BatchNormalization',
  ) as unknown as { momentum: number }[];
  let done = 0;
  for await (const { images } of batches(pictures, inputShape, RANDOM_SCALING)) {
    // Each batch weighs as much as those before it together weigh each: a running mean.
    for (const norm of norms) norm.momentum = done / (done + 1);
    tf.dispose([images, base.apply(images, { training: true }) as tf.Tensor]);
    done += 1;
    progress(images.shape[0]);
  }
  return base;
}
