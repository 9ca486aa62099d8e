import type * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { loadModel } from '../backbone/load-model.js';
import { PREPROCESSINGS } from '../base/preprocess.js';
import { refuseOptions, reject, requireOneOf } from '../errors.js';
import { requireSmallActivations } from '../train/saved/activations.js';
import { classifierOf } from './classifier.js';
import type { LoadClassifierOptions } from './load-options.js';
import { requireNames } from './metadata.js';
import type { Classifier } from './types.js';

const CHANNELS = 3;

/** The given size, or the model's own. */
function sizeOf(model: tf.LayersModel, inputSize: InputSize | undefined): InputSize {
  const [, height, width] = model.inputs[0]?.shape ?? [];
  if (inputSize !== undefined) return inputSize;
  if (typeof height !== 'number' || typeof width !== 'number') {
    reject('inputSize', "[height, width], as the model's input size is variable", inputSize);
  }
  return [height, width];
}

/** The facts that a model doesn't contain. */
export function requireNamed({
  classes,
  preprocessing,
}: Pick<LoadClassifierOptions, 'classes' | 'preprocessing'>) {
  requireNames('classes', classes);
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  return { classes: [...classes], preprocessing };
}

/** Makes a classifier of a model, which it then owns. */
export function ofModel(
  model: tf.LayersModel,
  { inputSize: size, ...options }: LoadClassifierOptions,
  name: string,
): Classifier {
  const { classes, preprocessing } = requireNamed(options);
  const format = { inputSize: sizeOf(model, size), preprocessing };
  const { thresholds, engine } = options;
  return classifierOf(model, { classes, thresholds, format, name, engine });
}

/** Loads a layers model's `model.json` or a `.keras` file. */
export async function ofFile(
  source: string | URL,
  options: LoadClassifierOptions,
): Promise<Classifier> {
  const { backbone, ...fetching } = options;
  refuseOptions({ backbone }, 'for a whole model');
  requireNamed(options);
  const model = await loadModel(source, fetching);
  try {
    const classifier = ofModel(model, options, String(source));
    requireSmallActivations(model, [...classifier.inputSize, CHANNELS]);
    return classifier;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
