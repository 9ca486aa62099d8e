import * as tf from '@tensorflow/tfjs';
import type { Backbone, InputSize } from '../backbone/backbone.js';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { refuseOptions, reject, requireOneOf, requireOptions } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { resnet } from '../model/resnet.js';
import { loadWeights } from '../weights/load.js';
import { type PretrainedWeights, pretrainedWeights } from '../weights/pretrained.js';
import type { LoadOptions } from '../weights/source.js';
import { classifierOf } from './classifier.js';
import { requireNames } from './metadata.js';
import { classifierFolders } from './node.js';
import type { Classifier } from './types.js';

/** How a classifier is loaded. */
export interface LoadClassifierOptions extends Omit<LoadOptions, 'scope'> {
  /** The backbone of a head that was saved alone; it stays the caller's. */
  readonly backbone?: Backbone;
  /** Names of a model in hand, in the order of its scores. A saved classifier knows them. */
  readonly classes?: readonly string[];
  /** How a model in hand wants its pixels. */
  readonly preprocessing?: Preprocessing;
  /** Height and width that pictures are brought to. @default [224, 224] by name; a model in hand has its own */
  readonly inputSize?: InputSize;
}

const DEFAULT_SIZE: InputSize = [224, 224];
const CHANNELS = 3;

/** ImageNet's 1,000 classes, in the words of its synsets. */
async function imagenetClasses(): Promise<string[]> {
  const { IMAGENET_CLASSES } = await import('../base/imagenet-classes.js');
  return IMAGENET_CLASSES.trim()
    .split('\n')
    .map((line) => line.slice(line.indexOf(' ') + 1));
}

/** A published ResNet with its top. */
async function published(
  { name, depth, variant, preprocessing }: PretrainedWeights,
  { inputSize = DEFAULT_SIZE, ...options }: LoadClassifierOptions,
): Promise<Classifier> {
  const inputShape = [...inputSize, CHANNELS];
  const model = resnet({ depth, variant, inputShape, weights: 'pending', includeTop: true });
  try {
    await loadWeights(model, name, { ...options, scope: 'all' });
    const format = { inputSize, preprocessing };
    return classifierOf(model, { classes: await imagenetClasses(), format, name });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The model's own size, where it has one. */
function sizeOf(model: tf.LayersModel, inputSize: InputSize | undefined): InputSize {
  const [, height, width] = model.inputs[0]?.shape ?? [];
  if (inputSize !== undefined) return inputSize;
  if (typeof height !== 'number' || typeof width !== 'number') {
    reject('inputSize', "[height, width], as the model's are open", inputSize);
  }
  return [height, width];
}

function ofModel(
  model: tf.LayersModel,
  { classes, preprocessing, inputSize, ...others }: LoadClassifierOptions,
): Classifier {
  requireLayersModel('source', model);
  refuseOptions(others, 'for a model in hand');
  requireNames('classes', classes);
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  const format = { inputSize: sizeOf(model, inputSize), preprocessing };
  return classifierOf(model, { classes: [...classes], format, name: model.name });
}

/**
 * Loads a classifier.
 *
 * @example const imagenet = await loadClassifier('keras/resnet50')
 * @param source a name out of {@link pretrainedWeights}, for ImageNet's 1,000 classes; the address, or in Node the path, of a
 *   folder that {@link Classifier.save} wrote; or a model in hand from preprocessed images to scores, which becomes the classifier's
 * @throws ArgumentError where a file is missing, damaged or too large, or they don't fit each other; WeightsError where weights
 *   can't be had. No tensor is left behind, and a model in hand stays as it is
 */
export async function loadClassifier(
  source: string | URL | tf.LayersModel,
  options: LoadClassifierOptions = {},
): Promise<Classifier> {
  requireOptions('options', options);
  if (typeof source !== 'string' && !(source instanceof URL)) return ofModel(source, options);
  const known = pretrainedWeights().find(({ name }) => name === source);
  if (known !== undefined) {
    const { backbone, classes, preprocessing } = options;
    refuseOptions({ backbone, classes, preprocessing }, `for ${known.name}, which has its own`);
    return published(known, options);
  }
  const { classes, preprocessing, inputSize } = options;
  refuseOptions({ classes, preprocessing, inputSize }, 'for a saved classifier, which has its own');
  // On demand: a page that trains and never loads needs none of it.
  const [{ fetchedFiles }, { assemble, readClassifier }] = await Promise.all([
    import('../train/saved/fetched-files.js'),
    import('./saved.js'),
  ]);
  const node = /^https?:/.test(String(source)) ? undefined : classifierFolders.get();
  const saved = node
    ? await node.read(source, readClassifier)
    : await readClassifier(fetchedFiles(source, options));
  return assemble(saved, String(source), options.backbone);
}
