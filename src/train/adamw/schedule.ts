import type { Trainable } from '../adam.js';

/**
 * Rate of a weight with one input. A step of Adam changes each weight of a unit by about its rate, and the unit's output by the
 * rate times the number of inputs. Accuracy on MobileNet's pooled features, three tasks at 5 and 20 pictures per class: the same within a point for
 * 0.3 and 0.6; up to a point less for 1.
 */
const RATE = 0.6;
/** Of a single layer, which tolerates a higher rate than two. */
const SINGLE_RATE = 2.4;
/** Inputs that a bias counts for. */
const BIAS_INPUTS = 1024;
/**
 * How much of a kernel the whole run takes away: half of this, as {@link factorAt} is a half on average. Ten times as much changed
 * accuracy by −0.3 to 1 points, thirty times by −1.1 to 0.9.
 */
const DECAY = 0.1;

const isKernel = ({ variable }: Trainable): boolean => variable.rank > 1;

/** The first rate of each of a model's weights: less the more inputs its layer has. */
export function ratesOf(weights: readonly Trainable[]): ReadonlyMap<string, number> {
  const rate = weights.filter(isKernel).length > 1 ? RATE : SINGLE_RATE;
  return new Map(
    weights.map((weight) => {
      const { shape, size } = weight.variable;
      return [weight.name, rate / (isKernel(weight) ? size / (shape.at(-1) ?? 1) : BIAS_INPUTS)];
    }),
  );
}

/** The factor of all rates at a step, from 1 to `steps`: half a cosine, down to 0 (Loshchilov and Hutter, arXiv 1608.03983). */
export const factorAt = (step: number, steps: number): number =>
  0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps));

/** The share of a weight that the first step takes away; none of a bias. */
export const decayOf = (weight: Trainable, steps: number): number =>
  isKernel(weight) ? DECAY / steps : 0;
