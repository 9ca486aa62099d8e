import * as tf from '@tensorflow/tfjs';
import type { Assignment } from './match.js';

/**
 * Gives a model its new weights, all or none: every tensor is made, which is what can fail, before the
 * first one takes its place, which is a mere exchange of references.
 */
export function assign(assignments: readonly Assignment[]): void {
  const values: tf.Tensor[] = [];
  try {
    for (const { array } of assignments) values.push(tf.tensor(array.data, [...array.shape]));
    for (const [i, { variable }] of assignments.entries()) {
      const value = values[i];
      if (value !== undefined) variable.write(value);
    }
  } finally {
    tf.dispose(values);
  }
}
