import { reject, requireKnown, requireOptions, requirePositiveInteger } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { estimateMemory, MEMORY_NAMES, type MemoryOptions } from './memory.js';
import { planResnet, type PlanOptions, requirePlanOptions } from './plan.js';

export interface BudgetOptions extends MemoryOptions {
  /** Memory, in bytes. */
  readonly budget: number;
  /** What to fit into the budget: predicting or training. @default 'training' */
  readonly mode?: 'inference' | 'training';
}

/** An input shape, and the model's peak memory with it. */
export interface Fit {
  readonly inputShape: Shape;
  readonly bytes: number;
}

/** A ResNet's feature map grows by one position every 32 pixels. */
const STEP = 32;
/** 8,192 pixels: larger than any input in use. */
const MAX_STEPS = 256;

/**
 * Finds the largest square input with which a ResNet with a head fits into a memory budget, in steps of 32 pixels. Of the
 * plan's `inputShape` only the channels are used.
 *
 * @example largestInput({ head: 'pooled', numClasses: 10 }, { budget: 2e9 })
 *
 * @returns undefined if even 32 × 32 does not fit
 * @throws ArgumentError if an option is out of range
 */
export function largestInput(plan: PlanOptions, options: BudgetOptions): Fit | undefined {
  requireOptions('plan', plan);
  if ((options as BudgetOptions | undefined) === undefined) {
    reject(
      'options',
      'a second argument with the budget',
      options,
      'call largestInput({ head, numClasses }, { budget })',
    );
  }
  requireKnown('options', options, { ...MEMORY_NAMES, budget: true, mode: true });
  requirePlanOptions('plan', plan);
  const { budget, mode = 'training', ...memoryOptions } = options;
  requirePositiveInteger('budget', budget);
  const channels = plan.inputShape?.[2] ?? 3;
  const fit = (steps: number): Fit => {
    const inputShape = [STEP * steps, STEP * steps, channels];
    const memory = estimateMemory(planResnet({ ...plan, inputShape }), memoryOptions);
    return { inputShape, bytes: memory[mode].total };
  };
  // Binary search: memory grows with the input.
  let best: Fit | undefined;
  let [from, to] = [1, MAX_STEPS];
  while (from <= to) {
    const middle = Math.floor((from + to) / 2);
    const found = fit(middle);
    if (found.bytes <= budget) {
      best = found;
      from = middle + 1;
    } else {
      to = middle - 1;
    }
  }
  return best;
}
