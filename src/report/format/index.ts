import { reject, requireOneOf, requireOptions } from '../../errors.js';
import type { HeadComparison } from '../../compare/comparison.js';
import type { Plan } from '../../analyze/plan.js';
import type { ModelStats } from '../../analyze/stats.js';
import { reportComparison } from './comparison.js';
import { reportModel } from './model.js';
import { plansToJson, reportPlans } from './plans.js';
import { drawReport } from './report.js';

export type Format = 'text' | 'markdown' | 'json';

export const FORMATS: readonly Format[] = ['text', 'markdown', 'json'];

/** What {@link format} writes down. */
export type Formattable = Plan | readonly Plan[] | ModelStats | HeadComparison;

export interface FormatOptions {
  /** Characters in a line of text, for whose sake columns that can be done without are left out. @default no end */
  readonly width?: number;
}

const isModel = (value: object): value is ModelStats => 'uncounted' in value;
const isComparison = (value: object): value is HeadComparison => 'findings' in value;

/**
 * What `planResnet`, `analyze` and `compareHeads` return, as aligned `'text'`, as `'markdown'`, or as
 * `'json'` by the schemas of `resnet-heads/schemas`. Plans stand side by side, a column each. Returns the
 * string; prints nothing.
 *
 * @throws ArgumentError where it is none of these, or there is no such format
 */
export function format(
  value: Formattable,
  as: Format = 'text',
  { width }: FormatOptions = {},
): string {
  requireOneOf('format', as, FORMATS);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) reject('value', 'at least one plan', value);
  for (const each of list) requireOptions('value', each);
  const single = value as object;
  if (isModel(single) || isComparison(single)) {
    if (as === 'json') return JSON.stringify(single, null, 2);
    return drawReport(isModel(single) ? reportModel(single) : reportComparison(single), as, width);
  }
  const plans = list as readonly Plan[];
  if (as === 'json') return JSON.stringify(plansToJson(plans), null, 2);
  return drawReport(reportPlans(plans), as, width);
}
