import * as tf from '@tensorflow/tfjs';
import type { Assignment } from './match.js';

/**
 * Sets a model's weights, all or none: every tensor is allocated, which can fail, before the first variable is written, which only
 * swaps references.
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
