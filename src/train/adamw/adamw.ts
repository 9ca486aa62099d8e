import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { Adam, changeOf, type Gradients, type Slot, type Trainable } from '../adam.js';
import type { StandardisedInputs } from './inputs.js';
import { decayOf, factorAt, ratesOf } from './schedule.js';

/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101) on standardised inputs, with a rate for each layer that rises and falls over
 * the run. Its state is Adam's: the rest follows from the number of steps.
 */
export class AdamW extends Adam {
  private readonly rates: ReadonlyMap<string, number>;

  /** @param total number of steps of the whole run */
  constructor(
    weights: readonly Trainable[],
    private readonly inputs: StandardisedInputs,
    private readonly total: number,
  ) {
    super(weights, NaN);
    this.rates = ratesOf(weights);
  }

  protected override update(slot: Slot, gradients: Gradients, correction: number): void {
    const { variable } = slot;
    const factor = factorAt(this.steps, this.total);
    const rate = present(this.rates.get(slot.name), 'rate') * factor * correction;
    const decay = decayOf(slot, this.total) * factor;
    const gradient = present<tf.Tensor>(gradients[variable.name], 'gradient');
    const { kernel, bias } = this.inputs.layer;
    if (variable === kernel.variable) {
      const ofBias = present(gradients[bias.variable.name], 'gradient');
      const ofKernel = this.inputs.gradientOf(gradient, ofBias);
      // Disposed one after the other: a flattened head's kernel takes 411 MB, and so does each intermediate result.
      const change = tf.tidy(() => changeOf(slot, ofKernel, rate));
      ofKernel.dispose();
      this.inputs.subtract(change, decay);
    } else {
      const less = tf.tidy(() => changeOf(slot, gradient, rate));
      variable.assign(variable.sub(less.add(variable.mul(decay))));
    }
  }

  override dispose(): void {
    super.dispose();
    this.inputs.dispose();
  }
}
