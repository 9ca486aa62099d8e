import type { InputSize } from '../backbone/backbone.js';
import { resnet } from '../model/resnet.js';
import { loadWeights } from '../weights/load.js';
import type { PretrainedWeights } from '../weights/pretrained.js';
import type { LoadOptions } from '../weights/source.js';
import { classifierOf } from './classifier.js';
import type { LoadClassifierOptions } from './load-options.js';
import type { Classifier } from './types.js';

const DEFAULT_SIZE: InputSize = [224, 224];
const CHANNELS = 3;

/** Names of ImageNet's 1,000 classes, from its synsets. */
async function imagenetClasses(): Promise<string[]> {
  const { IMAGENET_CLASSES } = await import('../base/imagenet-classes.js');
  return IMAGENET_CLASSES.trim()
    .split('\n')
    .map((line) => line.slice(line.indexOf(' ') + 1));
}

/** Loads a published ResNet with its top for ImageNet's 1,000 classes. */
export async function imagenetClassifier(
  { name, depth, variant, preprocessing }: PretrainedWeights,
  {
    inputSize = DEFAULT_SIZE,
    engine,
    ...options
  }: Pick<LoadClassifierOptions, 'inputSize' | 'engine'> & Omit<LoadOptions, 'scope'>,
): Promise<Classifier> {
  const inputShape = [...inputSize, CHANNELS];
  const model = resnet({ depth, variant, inputShape, weights: 'pending', includeTop: true });
  try {
    await loadWeights(model, name, { ...options, scope: 'all' });
    const format = { inputSize, preprocessing };
    return classifierOf(model, { classes: await imagenetClasses(), format, name, engine });
  } catch (error) {
    model.dispose();
    throw error;
  }
}
