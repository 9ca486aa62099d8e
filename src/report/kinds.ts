import type { Plan } from '../analyze/plan.js';
import type { ModelStats } from '../analyze/stats.js';
import type { HeadComparison } from '../compare/comparison.js';
import { reject, requireOptions } from '../errors.js';
import type { Confusion } from '../explain/confusion.js';
import type { Robustness, RobustnessByName } from '../explain/robustness.js';

/** What `format` and `renderChart` take: plans and results of shifts also several at once, to stand side by side. */
export type Formattable =
  Plan | ModelStats | HeadComparison | Confusion | Robustness | readonly Plan[] | RobustnessByName;

/** What says itself what it is. */
type Reported = Extract<Formattable, { readonly kind: string }>;

/** {@link Formattable}, plans and results of shifts always as several. */
export type Subject =
  | ModelStats
  | HeadComparison
  | Confusion
  | { readonly kind: 'plan'; readonly plans: readonly Plan[] }
  | { readonly kind: 'robustness'; readonly results: RobustnessByName };

const EXPECTED =
  'what planResnet(), analyze(), compareHeads(), confusionMatrix() or translationRobustness() returns';

const isOf = <K extends Reported['kind']>(
  value: unknown,
  kind: K,
): value is Extract<Reported, { kind: K }> =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;

/** @throws ArgumentError where it is none of these, or an empty list */
export function subjectOf(value: Formattable): Subject {
  if (Array.isArray(value)) {
    const plans = value as readonly unknown[];
    if (plans.length === 0) reject('value', 'at least one plan', value);
    if (!plans.every((plan) => isOf(plan, 'plan'))) reject('value', 'plans only', value);
    return { kind: 'plan', plans };
  }
  requireOptions('value', value);
  if (isOf(value, 'plan')) return { kind: 'plan', plans: [value] };
  if (isOf(value, 'robustness')) return { kind: 'robustness', results: { '': value } };
  if (isOf(value, 'model') || isOf(value, 'comparison') || isOf(value, 'confusion')) return value;
  const results = Object.values(value as RobustnessByName);
  if (results.length === 0 || !results.every((each) => isOf(each, 'robustness'))) {
    reject('value', EXPECTED, value);
  }
  return { kind: 'robustness', results: value as RobustnessByName };
}
