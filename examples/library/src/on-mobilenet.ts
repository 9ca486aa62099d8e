import type * as tf from '@tensorflow/tfjs';
import { attachHead, type Backbone, compareHeads, type HeadComparison } from 'resnet-heads';
import { evidenceHead, type EvidenceHeadOptions } from './evidence-head.js';

/** As `format` of `resnet-heads` prints it: the evidence head, then the pooled one, which is the usual choice. */
export type Cost = HeadComparison;

/**
 * What the head costs on a base, beside a pooled one, before anything of either is allocated.
 *
 * @param base a backbone, or any model with one output `[batch, h, w, c]`; it is left as it is
 * @param inputShape `[height, width, 3]`, where the base's own is open
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
 * Puts the head, untrained, on a base.
 *
 * @param base its layers are shared: dispose it, or the result, and both are gone
 * @returns pictures as the base wants them → `[batch, numClasses]`
 */
export function evidenceClassifier(
  base: Backbone | tf.LayersModel,
  options: EvidenceHeadOptions,
): tf.LayersModel {
  return attachHead(base, evidenceHead(options));
}
