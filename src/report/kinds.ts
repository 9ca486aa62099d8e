import type { Plan } from '../analyze/plan.js';
import type { ModelStats } from '../analyze/stats.js';
import type { HeadComparison } from '../compare/comparison.js';
import { reject, requireOptions } from '../errors.js';
import type { Calibration } from '../explain/calibration.js';
import type { Confusion } from '../explain/confusion.js';
import type { MultiLabelScores } from '../explain/multi-label.js';
import type { Robustness, RobustnessByName } from '../explain/robustness.js';

/** The results that `format` and `renderChart` accept; also several plans or several robustness results, to compare them. */
export type Formattable =
  | Plan
  | ModelStats
  | HeadComparison
  | Confusion
  | MultiLabelScores
  | Calibration
  | Robustness
  | readonly Plan[]
  | RobustnessByName;

/** {@link Formattable}, with plans and robustness results always as several. */
export type Subject =
  | ModelStats
  | HeadComparison
  | Confusion
  | MultiLabelScores
  | Calibration
  | { readonly kind: 'plan'; readonly plans: readonly Plan[] }
  | { readonly kind: 'robustness'; readonly results: RobustnessByName };

const isKind = (value: unknown, ...kinds: string[]): boolean =>
  typeof value === 'object' && value !== null && kinds.includes((value as Plan).kind);

/** @throws ArgumentError if the value is none of these, or an empty list */
export function subjectOf(value: Formattable): Subject {
  if (Array.isArray(value)) {
    if (value.length === 0) reject('value', 'at least one plan', value);
    if (!value.every((plan) => isKind(plan, 'plan'))) reject('value', 'only plans', value);
    return { kind: 'plan', plans: value as readonly Plan[] };
  }
  requireOptions('value', value);
  if (isKind(value, 'plan')) return { kind: 'plan', plans: [value as Plan] };
  if (isKind(value, 'robustness'))
    return { kind: 'robustness', results: { '': value as Robustness } };
  if (isKind(value, 'model', 'comparison', 'confusion', 'multi-label', 'calibration')) {
    return value as Subject;
  }
  const results = Object.values(value);
  if (results.length > 0 && results.every((each) => isKind(each, 'robustness'))) {
    return { kind: 'robustness', results: value as RobustnessByName };
  }
  reject(
    'value',
    'a result of planResnet(), analyze(), compareHeads(), evaluate() or translationRobustness()',
    value,
  );
}
