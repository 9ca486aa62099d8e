import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  type Backbone,
  loadBackbone,
  type Preprocessing,
  type Progress,
  pretrainedWeights,
} from 'resnet-heads';
import type { BaseShape } from './cost.js';
import { bytes } from './numbers.js';
import { startOnnxRuntime } from './onnx-runtime.js';

const MINI = 'resnet-mini';
const PUBLISHED = 'keras/resnet50';

/** Size of the weight file of Keras's ResNet-50 without its top, as its host reports it. */
const DOWNLOAD_BYTES = 94_765_736;

/** Describes the download of {@link trainedBackbone}: its size and host. */
export function aboutDownload(): string {
  const published = pretrainedWeights().find(({ name }) => name === PUBLISHED);
  const host = published === undefined ? '' : ` from ${new URL(published.host).host}`;
  return `Better for photographs. ${bytes(DOWNLOAD_BYTES)}${host}, downloaded when you first train, then cached by the browser.`;
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

/** Loads resnet-mini, whose weights are part of the page. */
export const miniBackbone = (): Promise<Backbone> => loadBackbone(MINI);

/** What resnet-mini has once it is loaded, for the costs that the page shows before. */
export const MINI_SHAPE: BaseShape = {
  kind: 'features',
  params: 874_208,
  featureShape: [6, 6, 512],
};

/** Whether a backbone is that of {@link miniBackbone}, or of {@link trainedBackbone} at a size. */
export const isPublished = (
  { name, inputSize }: Backbone,
  base: 'mini' | 'imagenet',
  size: number,
): boolean => (base === 'mini' ? name === MINI : name === PUBLISHED && inputSize[0] === size);

/** What determines the cost of a head on a backbone. */
export async function shapeOf({ model, featureShape, onnx }: Backbone): Promise<BaseShape> {
  const [height = 0, width = 0, channels = 0] = featureShape;
  const params = onnx ? (await analyze(onnx)).totals.params : model.countParams();
  return { kind: 'features', params, featureShape: [height, width, channels] };
}

const isOnnx = (name: string): boolean => /\.onnx(\?|$)/.test(name);

/** Loads the user's own backbone by its URL or its files: a TensorFlow.js layers model, or an ONNX file. */
export async function ownBackbone(
  source: string | readonly File[],
  preprocessing: Preprocessing,
): Promise<Backbone> {
  if (typeof source === 'string') {
    if (isOnnx(source)) await startOnnxRuntime();
    return loadBackbone(source, { preprocessing });
  }
  const onnx = source.find(({ name }) => isOnnx(name));
  if (onnx !== undefined && source.length === 1) {
    await startOnnxRuntime();
    return loadBackbone(new Uint8Array(await onnx.arrayBuffer()), { preprocessing });
  }
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
      `Backbone: expected one model.json and its weight files, or one ONNX file, got ${files.map(({ name }) => name).join(', ')}; choose them together`,
    );
  }
  return [...topology, ...files.filter((file) => !isTopology(file))];
}
