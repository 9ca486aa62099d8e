import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { bytesIn } from '../bytes.js';
import { refuseOptions, reject, requireKnown, requireOneOf } from '../errors.js';
import { FETCH_NAMES } from '../weights/option-names.js';
import {
  pretrainedByName,
  pretrainedWeights,
  publishedAs,
  RESNET_MINI,
} from '../weights/pretrained.js';
import { type Backbone, backboneOf } from './backbone.js';
import { loadModel, withoutQuery } from './load-model.js';
import type { BackboneSource, LoadBackboneOptions } from './options.js';

const WEIGHT_FILE = /\.(h5|hdf5|safetensors|safetensors\.index\.json)$/i;
const ONNX_FILE = /\.onnx$/i;

/** Whether bytes are an ONNX file, which begins with its version; a safetensors file with a length, of which four bytes are zero. */
const hasOnnx = (bytes: Uint8Array): boolean =>
  bytes[0] === 8 && bytes.subarray(4, 8).some(Boolean);

function requirePreprocessing(preprocessing: Preprocessing | undefined): Preprocessing {
  if (preprocessing === undefined) {
    reject(
      'preprocessing',
      '"caffe" (Keras\'s ResNets), "torch" (torchvision, timm), "tf" (MobileNet) or "none" (scales by itself), as the model was trained',
      preprocessing,
      'a published name such as "keras/resnet50" knows its own',
    );
  }
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  return preprocessing;
}

/** Makes a backbone of a whole model, which has an input size of its own. */
function ofModel(
  model: tf.LayersModel,
  name: string,
  { preprocessing, inputSize }: LoadBackboneOptions,
): Backbone {
  const backbone = backboneOf(model, { name, preprocessing: requirePreprocessing(preprocessing) });
  if (inputSize !== undefined && String(inputSize) !== String(backbone.inputSize)) {
    reject(
      'inputSize',
      `the model's own ${JSON.stringify(backbone.inputSize)}, or none`,
      inputSize,
    );
  }
  return backbone;
}

// On demand: a page with a model of its own needs none of it.
const resnets = () => import('./resnets.js');

async function ofWeights(
  source: Exclude<BackboneSource, tf.LayersModel>,
  name: string,
  options: LoadBackboneOptions,
): Promise<Backbone> {
  const preprocessing = requirePreprocessing(options.preprocessing);
  return (await resnets()).ofWeights(source, name, { ...options, preprocessing });
}

async function ofOnnx(
  source: string | URL | Uint8Array,
  options: LoadBackboneOptions,
): Promise<Backbone> {
  const preprocessing = requirePreprocessing(options.preprocessing);
  return (await import('./load-onnx.js')).loadOnnx(source, { ...options, preprocessing });
}

/**
 * Loads a backbone: a model from images to features, with its input size and preprocessing.
 *
 * @example const backbone = await loadBackbone('keras/resnet50')
 * @param source a name, a URL, a path in Node, bytes, or a `tf.LayersModel`, which the backbone then owns
 * @throws ArgumentError if the source is invalid, or its preprocessing is neither known nor given; WeightsError if a file can't
 *   be downloaded, is damaged or isn't a ResNet's. No tensor is left behind, and a model that was passed stays as it is
 */
export async function loadBackbone(
  source: BackboneSource,
  options: LoadBackboneOptions = {},
): Promise<Backbone> {
  requireKnown('options', options, {
    ...FETCH_NAMES,
    preprocessing: true,
    inputSize: true,
    output: true,
    layout: true,
  });
  options.signal?.throwIfAborted();
  const isFile = typeof source === 'string' || source instanceof URL;
  const bytes = isFile ? undefined : await bytesIn(source);
  const isOnnx = isFile ? ONNX_FILE.test(withoutQuery(source)) : bytes && hasOnnx(bytes);
  if (isOnnx === true) return ofOnnx(bytes ?? (source as string | URL), options);
  const { output, layout } = options;
  refuseOptions({ output, layout }, 'for another source than an ONNX file');
  if (source instanceof tf.LayersModel) {
    refuseOptions(options, 'for a model in hand', ['preprocessing', 'inputSize']);
    return ofModel(source, source.name, options);
  }
  if (!isFile) {
    if (bytes === undefined)
      reject('source', 'a name, an address, bytes or a tf.LayersModel', source);
    return ofWeights(source, 'weights', options);
  }
  if (source === RESNET_MINI) return (await import('./resnet-mini.js')).miniBackbone(options);
  const known = publishedAs(source);
  if (known !== undefined) return (await resnets()).published(known, options);
  if (source === '' || (typeof source === 'string' && pretrainedByName(source) !== undefined)) {
    const names = pretrainedWeights().map(({ name }) => name);
    const known = [RESNET_MINI, ...names].join(', ');
    reject('source', `one of ${known}, an address or a path`, source);
  }
  if (WEIGHT_FILE.test(withoutQuery(source))) return ofWeights(source, String(source), options);
  // Checked before anything is downloaded.
  requirePreprocessing(options.preprocessing);
  const model = await loadModel(source, options);
  try {
    return ofModel(model, String(source), options);
  } catch (error) {
    model.dispose();
    throw error;
  }
}
