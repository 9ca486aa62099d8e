import type { Plan } from '../analyze/plan.js';
import type { ModelStats } from '../analyze/stats.js';
import type { HeadComparison } from '../compare/comparison.js';
import { reject, requireOptions } from '../errors.js';
import type { Confusion } from '../explain/confusion.js';
import type { Robustness, RobustnessByName } from '../explain/robustness.js';

/** What `format` and `renderChart` take: plans and results of shifts also several at once, to stand side by side. */
export type Formattable =
  Plan | ModelStats | HeadComparison | Confusion | Robustness | readonly Plan[] | RobustnessByName;

/** {@link Formattable}, plans and results of shifts always as several. */
export type Subject =
  | ModelStats
  | HeadComparison
  | Confusion
  | { readonly kind: 'plan'; readonly plans: readonly Plan[] }
  | { readonly kind: 'robustness'; readonly results: RobustnessByName };

const isKind = (value: unknown, ...kinds: string[]): boolean =>
  typeof value === 'object' && value !== null && kinds.includes((value as Plan).kind);

/** @throws ArgumentError where it is none of these, or an empty list */
export function subjectOf(value: Formattable): Subject {
  if (Array.isArray(value)) {
    if (value.length === 0) reject('value', 'at least one plan', value);
    if (!value.every((plan) => isKind(plan, 'plan'))) reject('value', 'plans only', value);
    return { kind: 'plan', plans: value as readonly Plan[] };
  }
  requireOptions('value', value);
  if (isKind(value, 'plan')) return { kind: 'plan', plans: [value as Plan] };
  if (isKind(value, 'robustness'))
    return { kind: 'robustness', results: { '': value as Robustness } };
  if (isKind(value, 'model', 'comparison', 'confusion')) return value as Subject;
  const results = Object.values(value);
  if (results.length > 0 && results.every((each) => isKind(each, 'robustness'))) {
    return { kind: 'robustness', results: value as RobustnessByName };
  }
  reject(
    'value',
    'what planResnet(), analyze(), compareHeads(), confusionMatrix() or translationRobustness() returns',
    value,
  );
}
