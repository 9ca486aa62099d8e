import type * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { disposeHeadOf } from '../model/dispose.js';
import { requireFit } from './metadata.js';
import { type Made, ModelClassifier } from './model-classifier.js';
import { ownHead, ownWhole } from './owned.js';
import type { Classifier } from './types.js';

/**
 * Turns a model from preprocessed images to scores into a classifier. Its last activation decides how scores become
 * probabilities: those of a softmax or a sigmoid are used as they are; the logits of a linear layer go through a softmax, or a
 * sigmoid if there is only one. A single score is the probability of the second of two classes.
 *
 * @param model owned by the classifier from now on
 * @param prefix of the subject in error messages
 * @throws ArgumentError if the classes don't match the scores, the input size doesn't fit the model, or the last activation is
 *   another one
 */
export function classifierOf(
  model: tf.LayersModel,
  made: Made,
  prefix: '' | 'metadata.' = '',
): Classifier {
  const { classes, thresholds, format } = made;
  requireFit(model, { classes, thresholds, inputSize: format.inputSize }, prefix);
  return new ModelClassifier(ownWhole(model, made.format, made.name), made);
}

/**
 * Builds a classifier from a backbone and a head.
 *
 * @param backbone remains the caller's
 * @param head owned by the classifier from now on, unless an error is thrown
 */
export function classifierOn(
  backbone: Backbone,
  head: tf.LayersModel,
  made: Omit<Made, 'format' | 'name'>,
): Classifier {
  const owned = ownHead(backbone, head);
  try {
    const { classes, thresholds } = made;
    const { inputSize } = backbone;
    requireFit(owned.model, { classes, thresholds, inputSize }, 'metadata.');
    return new ModelClassifier(owned, { ...made, format: backbone, name: backbone.name });
  } catch (error) {
    // The head remains the caller's.
    disposeHeadOf(owned.model, backbone.model);
    throw error;
  }
}
