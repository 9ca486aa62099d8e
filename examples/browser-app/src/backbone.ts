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

/** Size of the weight file of Keras's ResNet-50 without its top, as its host reports it. */
const DOWNLOAD_BYTES = 94_765_736;

/** Describes the download of {@link trainedBackbone}: its size and host. */
export function aboutDownload(): string {
  const published = pretrainedWeights().find(({ name }) => name === PUBLISHED);
  const host = published === undefined ? '' : ` from ${new URL(published.host).host}`;
  return `${bytes(DOWNLOAD_BYTES)}${host}, downloaded when you first train, then cached by the browser.`;
}

/** Short, so that a user offline doesn't wait long. */
const PATIENCE = { retries: 1, timeoutMs: 10_000 };

/** Loads a ResNet-50 with ImageNet weights: downloaded once, then from the browser's cache. */
export const trainedBackbone = (
  size: number,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Backbone> =>
  loadBackbone(PUBLISHED, { inputSize: [size, size], ...PATIENCE, signal, onProgress });

/** Whether a backbone is that of {@link trainedBackbone} at a size. */
export const isTrained = ({ name, inputSize }: Backbone, size: number): boolean =>
  name === PUBLISHED && inputSize[0] === size;

/** Number of pictures for the BatchNorm statistics: few, as the page is blocked during the pass. */
const SAMPLE = 8;

/**
 * Makes a ResNet-50 with random weights, for users who can't download trained ones. In a new model the BatchNorm statistics
 * are 0 and 1, so features grow from layer to layer and no head can be trained on them. A training pass over some of the
 * pictures sets the statistics.
 */
export function randomBackbone(size: number, pictures: readonly Picture[]): Promise<Backbone> {
  const model = resnet({ inputShape: [size, size, 3], seed: 1 });
  for (const layer of model.layers) {
    // Momentum 0 discards the old statistics; the field is private.
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

/** Loads the user's own backbone: a TensorFlow.js layers model, by its URL or its files. */
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

/** Puts the topology first, as TensorFlow.js expects. */
function inOrder(files: readonly File[]): File[] {
  const isTopology = ({ name }: File) => name.endsWith('.json');
  const topology = files.filter(isTopology);
  // Without weight files, TensorFlow.js would load a model with random weights.
  if (topology.length !== 1 || files.length === 1) {
    throw new Error(
      `Backbone: expected one model.json and its weight files, got ${files.map(({ name }) => name).join(', ')}; choose them together`,
    );
  }
  return [...topology, ...files.filter((file) => !isTopology(file))];
}
