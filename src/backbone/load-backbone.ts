import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { refuseOptions, reject, requireKnown, requireOneOf } from '../errors.js';
import { FETCH_NAMES } from '../weights/option-names.js';
import { pretrainedByName, pretrainedWeights, RESNET_MINI } from '../weights/pretrained.js';
import { type Backbone, backboneOf } from './backbone.js';
import { loadModel, withoutQuery } from './load-model.js';
import type { BackboneSource, LoadBackboneOptions } from './options.js';

const WEIGHT_FILE = /\.(h5|hdf5|safetensors|safetensors\.index\.json)$/i;

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

/** A model in hand, or one that was loaded whole: its size is its own. */
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

/**
 * Loads a backbone: a model from images to features that knows its input size and how it wants its pixels.
 *
 * @example const backbone = await loadBackbone('keras/resnet50')
 * @param source a name, an address, a path in Node, bytes, or a `tf.LayersModel`, which becomes the backbone's
 * @throws ArgumentError where the source is none, or its preprocessing isn't known and wasn't named; WeightsError where a file
 *   can't be had, is damaged or isn't a ResNet's. No tensor is left behind, and a model in hand stays as it is
 */
export async function loadBackbone(
  source: BackboneSource,
  options: LoadBackboneOptions = {},
): Promise<Backbone> {
  requireKnown('options', options, { ...FETCH_NAMES, preprocessing: true, inputSize: true });
  options.signal?.throwIfAborted();
  if (source instanceof tf.LayersModel) {
    refuseOptions(options, 'for a model in hand', ['preprocessing', 'inputSize']);
    return ofModel(source, source.name, options);
  }
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const isBytes = [Uint8Array, ArrayBuffer, Blob].some((type) => source instanceof type);
    if (!isBytes) reject('source', 'a name, an address, bytes or a tf.LayersModel', source);
    return ofWeights(source, 'weights', options);
  }
  if (source === RESNET_MINI) return (await import('./resnet-mini.js')).miniBackbone(options);
  const known = pretrainedWeights().find(({ name }) => name === source);
  if (known !== undefined) return (await resnets()).published(known, options);
  if (source === '' || (typeof source === 'string' && pretrainedByName(source) !== undefined)) {
    const names = pretrainedWeights().map(({ name }) => name);
    const known = [RESNET_MINI, ...names].join(', ');
    reject('source', `one of ${known}, an address or a path`, source);
  }
  if (WEIGHT_FILE.test(withoutQuery(source))) return ofWeights(source, String(source), options);
  // Told before anything is fetched.
  requirePreprocessing(options.preprocessing);
  const model = await loadModel(source, options);
  try {
    return ofModel(model, String(source), options);
  } catch (error) {
    model.dispose();
    throw error;
  }
}
