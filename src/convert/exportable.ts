import type * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { Classifier } from '../classifier/types.js';
import { reject, show } from '../errors.js';
import { requireLayersModel } from '../model/check.js';

/** A model, or a classifier, which also has classes, an input size and preprocessing. */
export type Exportable = tf.LayersModel | Classifier;

/** The model to export, and what a classifier adds. */
export interface ExportFacts {
  readonly model: tf.LayersModel;
  readonly classes?: readonly string[];
  readonly preprocessing?: Preprocessing;
  readonly inputSize?: InputSize;
  /** For each class, if pictures can have several labels. */
  readonly thresholds?: readonly number[];
}

const isClassifier = (value: unknown): value is Classifier =>
  typeof value === 'object' && value !== null && 'classify' in value && 'model' in value;

/**
 * Checks that options don't contradict a classifier's own values.
 *
 * @param given the caller's options
 * @param known the classifier's values; empty for a model
 * @throws ArgumentError if they differ
 */
export function requireAgreement(
  given: object,
  known: object,
  prefix: '' | 'metadata.' = '',
): void {
  for (const [name, value] of Object.entries(known) as [string, unknown][]) {
    const own: unknown = (given as Record<string, unknown>)[name];
    if (own === undefined || JSON.stringify(own) === JSON.stringify(value)) continue;
    reject(`${prefix}${name}`, `the classifier's own ${show(value)}, or none`, own);
  }
}

/** @throws ArgumentError if it is neither a model nor a classifier */
export function factsOf(exported: Exportable): ExportFacts {
  if (isClassifier(exported)) {
    const { model, classes, preprocessing, inputSize, thresholds } = exported;
    return { model, classes, preprocessing, inputSize, ...(thresholds && { thresholds }) };
  }
  requireLayersModel('model', exported);
  return { model: exported };
}
