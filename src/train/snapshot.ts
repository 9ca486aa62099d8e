import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import type { Trainable } from './adam.js';

/** Reads weights, or copies of them. */
export const readArrays = (
  weights: readonly { readonly name: string; readonly variable: tf.Tensor }[],
): Promise<NamedArray[]> =>
  Promise.all(
    weights.map(async ({ name, variable }) => ({
      name,
      shape: variable.shape,
      data: Float32Array.from(await variable.data()),
    })),
  );

/** Returns a function from a weight to a tensor of the array with its name. */
function tensorsOf(arrays: readonly NamedArray[]): (weight: Trainable) => tf.Tensor {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  return ({ name }) => {
    const { data, shape } = present(byName.get(name), name);
    return tf.tensor(data, [...shape]);
  };
}

/** Sets weights to the arrays with their names. */
export function writeArrays(weights: readonly Trainable[], arrays: readonly NamedArray[]): void {
  const tensorOf = tensorsOf(arrays);
  tf.tidy(() => {
    for (const weight of weights) weight.variable.assign(tensorOf(weight));
  });
}

/** A copy of weights that can be restored. */
export class Snapshot {
  private readonly kept: readonly (Trainable & { readonly value: tf.Tensor })[];

  constructor(
    weights: readonly Trainable[],
    valueOf = ({ variable }: Trainable): tf.Tensor => tf.clone(variable),
  ) {
    this.kept = weights.map((weight) => ({ ...weight, value: valueOf(weight) }));
  }

  /** A snapshot from saved arrays. */
  static of(weights: readonly Trainable[], arrays: readonly NamedArray[]): Snapshot {
    return new Snapshot(weights, tensorsOf(arrays));
  }

  restore(): void {
    tf.tidy(() => {
      for (const { variable, value } of this.kept) variable.assign(value.clone());
    });
  }

  arrays(): Promise<NamedArray[]> {
    return readArrays(this.kept.map(({ name, value }) => ({ name, variable: value })));
  }

  dispose(): void {
    tf.dispose(this.kept.map(({ value }) => value));
  }
}
