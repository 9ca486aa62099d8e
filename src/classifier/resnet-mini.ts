import type { LoadBackboneOptions } from '../backbone/options.js';
import { CIFAR10_CLASSES, resnetMini } from '../backbone/resnet-mini.js';
import { RESNET_MINI } from '../weights/pretrained.js';
import { classifierOf } from './classifier.js';
import type { LoadClassifierOptions } from './load-options.js';
import type { Classifier } from './types.js';

/** Loads resnet-mini with its top for CIFAR-10's ten classes. */
export async function miniClassifier({
  engine,
  ...options
}: LoadBackboneOptions & Pick<LoadClassifierOptions, 'engine'>): Promise<Classifier> {
  const { model, format } = await resnetMini(options, true);
  return classifierOf(model, { classes: CIFAR10_CLASSES, format, name: RESNET_MINI, engine });
}
