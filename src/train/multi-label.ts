import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, requireLabels, show } from '../errors.js';
import type { Head } from '../head/head.js';
import type { LabelSet } from '../label-sets.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import { requireScoring } from '../model/scores.js';
import type { TrainingOptions } from './training-options.js';

/** Checks label sets, which may come from JavaScript. */
export function requireLabelSets(
  subject: string,
  value: unknown,
  classes: number,
): asserts value is readonly LabelSet[] {
  if (!Array.isArray(value)) reject(subject, 'a list of lists of class indices', value);
  for (const [i, set] of value.entries()) requireLabels(`${subject}[${i}]`, set, { classes });
}

/** @throws ArgumentError unless the model has one sigmoid for each class */
export function requireSigmoids(subject: string, model: tf.LayersModel, classes: number): void {
  const { kind } = requireScoring(subject, model);
  const scores = model.outputs[0]?.shape.at(-1);
  if (kind === 'sigmoid' && scores === classes) return;
  throw new ArgumentError(
    `${subject}: expected a sigmoid for each of ${classes} classes, as a picture can have several labels, got ${show(scores)} scores of ${kind}; build it with activation: 'sigmoid' and numClasses: ${classes}`,
  );
}

/** {@link requireSigmoids} for a head that isn't built yet. */
export function requireSigmoidHead(head: Head, featureShape: Shape, classes: number): void {
  const model = buildHead(head, featureShape, { weights: 'pending' });
  try {
    requireSigmoids('head', model, classes);
  } finally {
    model.dispose();
  }
}

/** @throws ArgumentError if weights are given for pictures with several labels */
export function refuseClassWeights(classWeights: TrainingOptions['classWeights']): void {
  if (classWeights === undefined) return;
  const remedy = 'omit it: thresholds are chosen for each class instead';
  reject('classWeights', 'none for pictures with several labels', classWeights, remedy);
}

export { thresholdsOf } from './thresholds.js';
