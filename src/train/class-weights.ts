import { present, reject } from '../errors.js';
import type { TrainingOptions } from './training-options.js';

type ClassWeights = TrainingOptions['classWeights'];

/** @throws ArgumentError unless they are one positive number per class */
export function requireClassWeights(classWeights: ClassWeights, classes: number): void {
  if (classWeights === undefined || classWeights === 'balanced') return;
  const isRight =
    classWeights.length === classes &&
    classWeights.every((weight) => weight > 0 && weight < Infinity);
  if (!isRight) reject('classWeights', `'balanced', or ${classes} positive numbers`, classWeights);
}

/**
 * Computes a weight per class.
 *
 * @param labels of all images; `'balanced'` weights average 1 over them
 */
export function weightsByClass(
  classWeights: ClassWeights,
  labels: ArrayLike<number>,
  classes: number,
): Float32Array | undefined {
  requireClassWeights(classWeights, classes);
  if (classWeights === undefined) return undefined;
  if (classWeights !== 'balanced') return Float32Array.from(classWeights);
  const counts = new Float32Array(classes);
  for (const label of Array.from(labels)) {
    counts[label] = present(counts[label], 'count of a class') + 1;
  }
  return counts.map((count) => (count === 0 ? 0 : labels.length / (classes * count)));
}
