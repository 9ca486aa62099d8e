import type * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { Classifier } from '../classifier/types.js';
import { reject, show } from '../errors.js';
import { requireLayersModel } from '../model/check.js';

/** What can be exported. A classifier knows its classes, its input size and its preprocessing. */
export type Exportable = tf.LayersModel | Classifier;

/** What is known of a model that is exported. */
export interface ExportFacts {
  readonly model: tf.LayersModel;
  readonly classes?: readonly string[];
  readonly preprocessing?: Preprocessing;
  readonly inputSize?: InputSize;
}

const isClassifier = (value: unknown): value is Classifier =>
  typeof value === 'object' && value !== null && 'classify' in value && 'model' in value;

/**
 * Refuses what contradicts a classifier: labels and pixels that it wasn't trained with.
 *
 * @param given by the caller
 * @param known of the classifier; a model knows none of it
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

/** @throws ArgumentError where it is neither a model nor a classifier */
export function factsOf(exported: Exportable): ExportFacts {
  if (isClassifier(exported)) {
    const { model, classes, preprocessing, inputSize } = exported;
    return { model, classes, preprocessing, inputSize };
  }
  requireLayersModel('model', exported);
  return { model: exported };
}
