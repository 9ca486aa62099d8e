import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import type { Trainable } from './adam.js';

/** Weights as they were at some time. */
export class Snapshot {
  private readonly kept: readonly { readonly weight: Trainable; readonly value: tf.Tensor }[];

  constructor(weights: readonly Trainable[]) {
    this.kept = weights.map((weight) => ({ weight, value: tf.clone(weight.variable) }));
  }

  /** A snapshot that was written down before. */
  static of(weights: readonly Trainable[], arrays: readonly NamedArray[]): Snapshot {
    const now = new Snapshot(weights);
    Snapshot.write(weights, arrays);
    const then = new Snapshot(weights);
    now.restore();
    now.dispose();
    return then;
  }

  static async read(weights: readonly Trainable[]): Promise<NamedArray[]> {
    return Promise.all(
      weights.map(async ({ name, variable }) => ({
        name,
        shape: variable.shape,
        data: Float32Array.from(await variable.data()),
      })),
    );
  }

  static write(weights: readonly Trainable[], arrays: readonly NamedArray[]): void {
    const byName = new Map(arrays.map((array) => [array.name, array]));
    for (const { name, variable } of weights) {
      const { data, shape } = present(byName.get(name), name);
      tf.tidy(() => {
        variable.assign(tf.tensor(data, [...shape]));
      });
    }
  }

  restore(): void {
    for (const { weight, value } of this.kept) {
      tf.tidy(() => {
        weight.variable.assign(value.clone());
      });
    }
  }

  async arrays(): Promise<NamedArray[]> {
    return Promise.all(
      this.kept.map(async ({ weight, value }) => ({
        name: weight.name,
        shape: value.shape,
        data: Float32Array.from(await value.data()),
      })),
    );
  }

  dispose(): void {
    tf.dispose(this.kept.map(({ value }) => value));
  }
}
