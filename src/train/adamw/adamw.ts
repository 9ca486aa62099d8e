import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { Adam, changeOf, type Gradients, type Slot, type Trainable } from '../adam.js';
import { decayOf, factorAt, ratesOf } from './schedule.js';

/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101), with a rate for each layer that falls over the run. Its state is Adam's: the rest
 * follows from the number of steps.
 */
export class AdamW extends Adam {
  private readonly rates: ReadonlyMap<string, number>;

  /** @param total number of steps of the whole run */
  constructor(
    weights: readonly Trainable[],
    private readonly total: number,
  ) {
    super(weights, NaN);
    this.rates = ratesOf(weights);
  }

  protected override update(slot: Slot, gradients: Gradients, correction: number): void {
    const { variable, name } = slot;
    const factor = factorAt(this.steps, this.total);
    const rate = present(this.rates.get(name), 'rate') * factor * correction;
    const gradient = present(gradients[variable.name], 'gradient');
    const change = changeOf(slot, gradient, rate);
    const decay = decayOf(slot, this.total) * factor;
    const kept = decay === 0 ? variable : tf.tidy(() => variable.mul(1 - decay));
    variable.assign(kept.sub(change));
  }
}
