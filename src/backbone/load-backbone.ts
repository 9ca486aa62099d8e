import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { refuseOptions, reject, requireOneOf, requireOptions } from '../errors.js';
import { resnet } from '../model/resnet.js';
import { WeightsError } from '../weights/errors.js';
import { loadWeights } from '../weights/load.js';
import type { PretrainedWeights } from '../weights/pretrained.js';
import { pretrainedByName, pretrainedWeights } from '../weights/pretrained.js';
import type { LoadOptions } from '../weights/source.js';
import { type Backbone, backboneOf, type InputSize } from './backbone.js';
import { modelFilesOfNode } from './model-files.js';

/**
 * Where a backbone comes from: a name out of {@link pretrainedWeights}; the address, or in Node the path, of a ResNet's
 * weight file (`.h5`, `.weights.h5`, `.safetensors`, `.safetensors.index.json`) or of a layers model (its folder, its
 * `model.json` or a `.keras` file); a weight file's bytes; or a model in hand.
 */
export type BackboneSource = string | URL | Uint8Array | ArrayBuffer | Blob | tf.LayersModel;

/** How a backbone is loaded. A published name knows its preprocessing; with any other source it has to be named. */
export interface LoadBackboneOptions extends Omit<LoadOptions, 'scope'> {
  /** How the weights want their pixels. @default by name what their publisher says; else there is none */
  readonly preprocessing?: Preprocessing;
  /** Height and width that pictures are brought to. @default [224, 224]; a model has its own */
  readonly inputSize?: InputSize;
}

const WEIGHT_FILE = /\.(h5|hdf5|safetensors|safetensors\.index\.json)$/i;
const DEFAULT_SIZE: InputSize = [224, 224];
const CHANNELS = 3;

const withoutQuery = (source: string | URL): string => String(source).replace(/[?#].*$/, '');

function requirePreprocessing(preprocessing: Preprocessing | undefined): Preprocessing {
  if (preprocessing === undefined) {
    reject(
      'preprocessing',
      '"caffe" (Keras\'s ResNets), "torch" (torchvision, timm) or "tf" (MobileNet), as the model was trained',
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

const shapeOf = ({ inputSize: [height, width] = DEFAULT_SIZE }: LoadBackboneOptions) =>
  [height, width, CHANNELS] as const;

async function published(
  { name, depth, variant, preprocessing, license }: PretrainedWeights,
  { preprocessing: named = preprocessing, ...options }: LoadBackboneOptions,
): Promise<Backbone> {
  if (named !== preprocessing) {
    reject('preprocessing', `"${preprocessing}" for ${name}, or none`, named);
  }
  const model = resnet({ depth, variant, inputShape: shapeOf(options), weights: 'pending' });
  try {
    await loadWeights(model, name, { ...options, scope: 'base' });
    return backboneOf(model, { name, preprocessing, license });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A ResNet by its weight file, whose names tell its depth and variant. */
async function ofWeights(
  source: string | URL | Uint8Array | ArrayBuffer | Blob,
  name: string,
  options: LoadBackboneOptions,
): Promise<Backbone> {
  const preprocessing = requirePreprocessing(options.preprocessing);
  const [{ readSource }, { match }, { assign }, { toKerasNames }, { identifyResnet }] =
    await Promise.all([
      import('../weights/source.js'),
      import('../weights/match.js'),
      import('../weights/assign.js'),
      import('../weights/keras-names.js'),
      import('../weights/identify.js'),
    ]);
  const { name: file, file: weights } = await readSource(undefined, source, {
    ...options,
    scope: 'base',
  });
  const identity = identifyResnet(new Set(toKerasNames(weights).arrays.keys()));
  if (identity === undefined) {
    throw new WeightsError(
      `${file}: expected the weights of a ResNet under Keras's or torch's names, got others; load another model by its model.json or .keras file`,
    );
  }
  const model = resnet({ ...identity, inputShape: shapeOf(options), weights: 'pending' });
  try {
    const { assignments } = match(file, weights, model, 'base');
    assign(assignments);
    return backboneOf(model, { name, preprocessing });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function loadModel(source: string | URL, options: LoadBackboneOptions) {
  const isAddress = /^https?:/.test(String(source));
  const node = isAddress ? undefined : modelFilesOfNode.get();
  if (node !== undefined) return node.load(source);
  const [{ fetchedModel }, { buildModel, readModel }] = await Promise.all([
    import('../train/saved/fetched-files.js'),
    import('../train/saved/read-model.js'),
  ]);
  const { files, path } = fetchedModel(source, options);
  return buildModel(await readModel(files, path));
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
  requireOptions('options', options);
  if (source instanceof tf.LayersModel) {
    refuseOptions(options, 'for a model in hand', ['preprocessing', 'inputSize']);
    return ofModel(source, source.name, options);
  }
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const isBytes = [Uint8Array, ArrayBuffer, Blob].some((type) => source instanceof type);
    if (!isBytes) reject('source', 'a name, an address, bytes or a tf.LayersModel', source);
    return ofWeights(source, 'weights', options);
  }
  const known = pretrainedWeights().find(({ name }) => name === source);
  if (known !== undefined) return published(known, options);
  if (source === '' || (typeof source === 'string' && pretrainedByName(source) !== undefined)) {
    const names = pretrainedWeights().map(({ name }) => name);
    reject('source', `one of ${names.join(', ')}, an address or a path`, source);
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
