import { reject, requireKnown, requireOptions, requirePositiveInteger } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { estimateMemory, MEMORY_NAMES, type MemoryOptions } from './memory.js';
import { planResnet, type PlanOptions, requirePlanOptions } from './plan.js';

export interface BudgetOptions extends MemoryOptions {
  /** Bytes. */
  readonly budget: number;
  /** @default 'training' */
  readonly mode?: 'inference' | 'training';
}

/** An input, and what a model for it holds at its peak. */
export interface Fit {
  readonly inputShape: Shape;
  readonly bytes: number;
}

/** A ResNet's map grows by one position with every 32 pixels. */
const STEP = 32;
/** Beyond any picture that a ResNet is used on. */
const MAX_STEPS = 256;

/**
 * The largest square input of a ResNet with a head that fits a budget of memory, in steps of 32 pixels;
 * nothing where even 32 × 32 doesn't. `inputShape` only says how many channels.
 *
 * @example largestInput({ head: 'pooled', numClasses: 10 }, { budget: 2e9 })
 *
 * @throws ArgumentError on an option out of range
 */
export function largestInput(plan: PlanOptions, options: BudgetOptions): Fit | undefined {
  requireOptions('plan', plan);
  if ((options as BudgetOptions | undefined) === undefined) {
    reject(
      'options',
      'a second argument that holds the budget',
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
  // Every layer's output grows with the input, so that what fits ends once.
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
