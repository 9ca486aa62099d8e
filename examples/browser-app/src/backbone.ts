import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  loadBackbone,
  type Preprocessing,
  type Progress,
  preprocess,
  pretrainedWeights,
  resnet,
} from 'resnet-heads';
import { bytes } from './numbers.js';
import type { Picture } from './pictures.js';

const PUBLISHED = 'keras/resnet50';

/** Size of Keras's ResNet-50 without its top, which its publisher's host names as the length of the file. */
const DOWNLOAD_BYTES = 94_765_736;

/** What has to be fetched for {@link trainedBackbone}, and from where. */
export function aboutDownload(): string {
  const published = pretrainedWeights().find(({ name }) => name === PUBLISHED);
  const host = published === undefined ? '' : ` from ${new URL(published.host).host}`;
  return `${bytes(DOWNLOAD_BYTES)}${host}, fetched once when you train; the browser keeps it.`;
}

/** Where nobody answers, a user shouldn't wait for long. */
const PATIENCE = { retries: 1, timeoutMs: 10_000 };

/** A ResNet-50 with ImageNet's weights: fetched once, then out of the browser's cache. */
export const trainedBackbone = (
  size: number,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Backbone> =>
  loadBackbone(PUBLISHED, { inputSize: [size, size], ...PATIENCE, signal, onProgress });

/** Whether it is what {@link trainedBackbone} gives for a size. */
export const isTrained = ({ name, inputSize }: Backbone, size: number): boolean =>
  name === PUBLISHED && inputSize[0] === size;

/** Pictures that statistics are taken of: few, as the page stands still meanwhile. */
const SAMPLE = 8;

/**
 * A ResNet-50 with random weights, for those who can't fetch trained ones. The BatchNorm statistics of a new model are 0 and 1, under
 * which features grow from layer to layer and no head learns. One training pass over some of the pictures sets them.
 */
export function randomBackbone(size: number, pictures: readonly Picture[]): Promise<Backbone> {
  const model = resnet({ inputShape: [size, size, 3], seed: 1 });
  for (const layer of model.layers) {
    // How much of the old statistics a training pass keeps; the field is private.
    if (layer.getClassName() === 'BatchNormalization') Object.assign(layer, { momentum: 0 });
  }
  const step = Math.ceil(pictures.length / SAMPLE);
  tf.tidy(() => {
    const sample = pictures.filter((_, i) => i % step === 0);
    const images = sample.map(({ canvas }) =>
      tf.image.resizeBilinear(tf.browser.fromPixels(canvas), [size, size]),
    );
    model.apply(preprocess(tf.stack(images), 'tf'), { training: true });
  });
  return loadBackbone(model, { preprocessing: 'tf' });
}

/** A backbone of the user's own: a TensorFlow.js layers model by its address, or by its files. */
export async function ownBackbone(
  source: string | readonly File[],
  preprocessing: Preprocessing,
): Promise<Backbone> {
  if (typeof source === 'string') return loadBackbone(source, { preprocessing });
  const model = await tf.loadLayersModel(tf.io.browserFiles(inOrder(source)));
  try {
    return await loadBackbone(model, { preprocessing });
  } catch (error) {
    model.dispose();
    throw error;
  }
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
