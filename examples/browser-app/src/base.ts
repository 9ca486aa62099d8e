import * as tf from '@tensorflow/tfjs';
import {
  loadWeights,
  type Preprocessing,
  preprocess,
  pretrainedWeights,
  type Progress,
  resnet,
} from 'resnet-heads';
import type { BaseShape } from './cost.js';
import { breathe } from './dom.js';
import { bytes } from './numbers.js';
import type { Picture } from './pictures.js';

/** A frozen base, and what it wants to see. */
export interface Base {
  readonly model: tf.LayersModel;
  readonly inputSize: readonly [height: number, width: number];
  readonly preprocessing: Preprocessing;
  /** Bases of the same key are the same. */
  readonly key: string;
}

/** Size of Keras's ResNet-50 without its top, which its publisher's host names as the length of the file. */
const DOWNLOAD_BYTES = 94_765_736;

/** What has to be fetched for {@link trainedBase}, and from where. */
export function aboutDownload(): string {
  const published = pretrainedWeights().find(({ name }) => name === 'keras/resnet50');
  const host = published === undefined ? '' : ` from ${new URL(published.host).host}`;
  return `${bytes(DOWNLOAD_BYTES)}${host}, fetched once when you train; the browser keeps it.`;
}

/** Where nobody answers, a user shouldn't wait for long. */
const PATIENCE = { retries: 1, timeoutMs: 10_000 };

/** A ResNet-50 with ImageNet's weights: fetched once, then out of the browser's cache. */
export async function trainedBase(
  size: number,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Base> {
  const model = resnet({ inputShape: [size, size, 3], weights: 'pending' });
  try {
    const report = await loadWeights(model, 'imagenet', { ...PATIENCE, signal, onProgress });
    const { preprocessing = 'caffe' } = report;
    return { model, inputSize: [size, size], preprocessing, key: `imagenet/${size}` };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Any will do for weights that were never trained. */
const RANDOM_SCALING: Preprocessing = 'tf';
const STATISTICS_BATCH = 8;

/**
 * A ResNet-50 with random weights whose features are of ordinary size: fresh BatchNorm statistics are 0 and 1, under which
 * features explode; one pass over the pictures sets them to what the pictures give.
 */
export async function randomBase(
  size: number,
  pictures: readonly Picture[],
  signal: AbortSignal,
  onPictures: (done: number) => void,
): Promise<Base> {
  const model = resnet({ inputShape: [size, size, 3], seed: 1 });
  try {
    // The one field that says how much of the old statistic a training pass keeps is private.
    const norms = model.layers.filter(
      (layer) => layer.getClassName() === 'BatchNormalization',
    ) as unknown as { momentum: number }[];
    for (let from = 0, batch = 0; from < pictures.length; from += STATISTICS_BATCH, batch++) {
      await breathe();
      signal.throwIfAborted();
      const seen = pictures.slice(from, from + STATISTICS_BATCH);
      // Each batch weighs as much as those before it together weigh each: a running mean.
      for (const norm of norms) norm.momentum = batch / (batch + 1);
      tf.tidy(() => {
        const images = seen.map(({ canvas }) =>
          tf.image.resizeBilinear(tf.browser.fromPixels(canvas), [size, size]),
        );
        model.apply(preprocess(tf.stack(images), RANDOM_SCALING), { training: true });
      });
      onPictures(from + seen.length);
    }
    return { model, inputSize: [size, size], preprocessing: RANDOM_SCALING, key: 'random' };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A base of the user's own, and its shape. */
export interface OwnBase {
  readonly name: string;
  readonly model: tf.LayersModel;
  readonly inputSize: readonly [height: number, width: number];
  readonly shape: BaseShape;
}

/** Loads a TensorFlow.js layers model from an address, or from its files. */
export async function ownBase(source: string | readonly File[]): Promise<OwnBase> {
  const name = typeof source === 'string' ? source : 'the chosen files';
  const handler = typeof source === 'string' ? source : tf.io.browserFiles(inOrder(source));
  const model = await tf.loadLayersModel(handler);
  const [, inputHeight, inputWidth, channels] = model.inputs[0]?.shape ?? [];
  const [, height, width, depth, ...more] = model.outputs[0]?.shape ?? [];
  const isSized = [inputHeight, inputWidth, height, width, depth].every(Number);
  if (!isSized || channels !== 3 || more.length > 0 || model.outputs.length > 1) {
    model.dispose();
    throw new Error(
      `${name}: expected a model from pictures [height, width, 3] of one size to one map [height, width, channels], ` +
        `got one from [${String(model.inputs[0]?.shape.slice(1))}] to [${String(model.outputs[0]?.shape.slice(1))}]; take it without its top`,
    );
  }
  return {
    name,
    model,
    inputSize: [Number(inputHeight), Number(inputWidth)],
    shape: {
      kind: 'own',
      params: model.countParams(),
      featureShape: [Number(height), Number(width), Number(depth)],
    },
  };
}

/** TensorFlow.js wants the topology first. */
function inOrder(files: readonly File[]): File[] {
  const isTopology = ({ name }: File) => name.endsWith('.json');
  const topology = files.filter(isTopology);
  // Without weight files TensorFlow.js would take a model with random ones.
  if (topology.length !== 1 || files.length === 1) {
    throw new Error(
      `A base’s files: expected one model.json and its weight files, got ${files.map(({ name }) => name).join(', ')}; choose them together`,
    );
  }
  return [...topology, ...files.filter((file) => !isTopology(file))];
}
