import type * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { disposeHeadOf } from '../model/dispose.js';
import { requireFit } from './metadata.js';
import { type Made, ModelClassifier } from './model-classifier.js';
import { ownHead, ownWhole } from './owned.js';
import type { Classifier } from './types.js';

/**
 * Makes a classifier of a model from preprocessed images to scores. The last activation decides how scores become
 * probabilities: those of a softmax or a sigmoid are probabilities already. The logits of a linear layer go through the
 * softmax, or through the sigmoid where there is only one. A single score is that of the second of two classes.
 *
 * @param model becomes the classifier's
 * @param prefix of what an error names
 * @throws ArgumentError where classes and scores, or images and input, don't match, and where the last activation is
 *   another one
 */
export function classifierOf(
  model: tf.LayersModel,
  made: Made,
  prefix: '' | 'metadata.' = '',
): Classifier {
  requireFit(model, { classes: made.classes, inputSize: made.format.inputSize }, prefix);
  return new ModelClassifier(ownWhole(model, made.format, made.name), made);
}

/**
 * Makes a classifier of a head and its backbone.
 *
 * @param backbone stays the caller's
 * @param head becomes the classifier's
 */
export function classifierOn(
  backbone: Backbone,
  head: tf.LayersModel,
  made: Omit<Made, 'format' | 'name'>,
): Classifier {
  const owned = ownHead(backbone, head);
  try {
    const { classes } = made;
    requireFit(owned.model, { classes, inputSize: backbone.inputSize }, 'metadata.');
    return new ModelClassifier(owned, { ...made, format: backbone, name: backbone.name });
  } catch (error) {
    // The head stays the caller's.
    disposeHeadOf(owned.model, backbone.model);
    throw error;
  }
}
