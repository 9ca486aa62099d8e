import type * as tf from '@tensorflow/tfjs';
import { attachHead, type Backbone, compareHeads, type HeadComparison } from 'resnet-heads';
import { evidenceHead, type EvidenceHeadOptions } from './evidence-head.js';

/** A comparison of the evidence head with a pooled head; print it with `format` of `resnet-heads`. */
export type Cost = HeadComparison;

/**
 * Compares the costs of the head and of a pooled head on a backbone, before either is built.
 *
 * @param base a backbone, or any model with one output `[batch, h, w, c]`; it is not changed
 * @param inputShape `[height, width, 3]`, if the model accepts any size
 */
export function costOf(
  base: Backbone | tf.LayersModel,
  options: EvidenceHeadOptions,
  inputShape?: readonly number[],
): Promise<Cost> {
  const { numClasses } = options;
  return compareHeads(base, [evidenceHead(options), 'pooled'], {
    numClasses,
    ...(inputShape && { inputShape }),
  });
}

/**
 * Attaches the untrained head to a backbone.
 *
 * @param base shares its layers with the result: disposing one disposes both
 * @returns a model from preprocessed images to `[batch, numClasses]`
 */
export function evidenceClassifier(
  base: Backbone | tf.LayersModel,
  options: EvidenceHeadOptions,
): tf.LayersModel {
  return attachHead(base, evidenceHead(options));
}
