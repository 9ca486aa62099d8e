import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { weightsOf } from '../model/weights.js';

/** Kingma and Ba's defaults (arXiv 1412.6980), with Keras's epsilon. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/** Factor of the learning rate at a step: the moments begin at 0. */
export const correctionAt = (step: number): number =>
  Math.sqrt(1 - BETA_2 ** step) / (1 - BETA_1 ** step);

/** A weight or one of its moments, with the name under which it is saved. */
export interface Trainable {
  readonly name: string;
  readonly variable: tf.Variable;
}

/** The model's trainable weights. */
export const trainableWeights = (model: tf.LayersModel): readonly Trainable[] =>
  model.layers.flatMap((layer) =>
    weightsOf(layer)
      .filter(({ variable }) => layer.trainableWeights.includes(variable))
      // A layer's variable wraps the engine's variable, which gradients are computed for.
      .map(({ name, variable }) => ({ name, variable: variable.read() as unknown as tf.Variable })),
  );

/** A sum over the steps of a weight, named after the weight and the kind. */
const sumOf = ({ name, variable }: Trainable, kind: 'gradients' | 'squares'): Trainable => ({
  name: `${name}/${kind}`,
  variable: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
});

/**
 * A weight with its moments, as decaying sums: `1 / (1 − β)` times the decaying means of Adam's paper, which take one more operation
 * each.
 */
export interface Slot extends Trainable {
  readonly gradients: Trainable;
  readonly squares: Trainable;
}

/** Gradients by the names of variables. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;

/** Adds to a decaying sum. */
function accumulate({ variable: sum }: Trainable, decay: number, value: tf.Tensor): void {
  sum.assign(tf.tidy(() => sum.mul(decay)).add(value));
}

/** Updates a weight's moments, and returns what to subtract from the weight. */
export function changeOf(slot: Slot, gradient: tf.Tensor, rate: number): tf.Tensor {
  const root = Math.sqrt(1 - BETA_2);
  return tf.tidy(() => {
    accumulate(slot.gradients, BETA_1, gradient);
    accumulate(slot.squares, BETA_2, gradient.square());
    const deviation = tf.tidy(() => slot.squares.variable.sqrt().add(EPSILON / root));
    const change = tf.tidy(() => slot.gradients.variable.div(deviation));
    return change.mul((rate * (1 - BETA_1)) / root);
  });
}

/**
 * Adam, one variable at a time. TensorFlow.js's optimizer holds 14 numbers per parameter until its step ends; this one holds
 * seven, for the current variable only. Its state can also be saved and restored bit for bit, which TensorFlow.js's decayed
 * betas, stored as float32, can't.
 */
export class Adam {
  /** Steps taken so far; resuming needs this and {@link moments}. */
  steps = 0;
  /** Two sums per weight. */
  readonly moments: readonly Trainable[];
  protected readonly slots: readonly Slot[];

  constructor(
    weights: readonly Trainable[],
    private readonly learningRate: number,
  ) {
    this.slots = weights.map((weight) => ({
      ...weight,
      ...{ gradients: sumOf(weight, 'gradients'), squares: sumOf(weight, 'squares') },
    }));
    this.moments = this.slots.flatMap(({ gradients, squares }) => [gradients, squares]);
  }

  /** Takes one step. The gradients remain the caller's. */
  apply(gradients: Gradients): void {
    this.steps += 1;
    const correction = correctionAt(this.steps);
    for (const slot of this.slots) {
      // The loss may not depend on a weight, for example in a custom layer.
      if (gradients[slot.variable.name] === undefined) continue;
      tf.tidy(() => {
        this.update(slot, gradients, correction);
      });
    }
  }

  protected update(slot: Slot, gradients: Gradients, correction: number): void {
    const { variable } = slot;
    const gradient = present(gradients[variable.name], 'gradient');
    variable.assign(variable.sub(changeOf(slot, gradient, this.learningRate * correction)));
  }

  dispose(): void {
    tf.dispose(this.moments.map(({ variable }) => variable));
  }
}
