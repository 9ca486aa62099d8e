import { requireKnown, requireOneOf } from '../../errors.js';
import { type Formattable, type Subject, subjectOf } from '../kinds.js';
import { reportComparison } from './comparison.js';
import { reportConfusion } from './confusion.js';
import { reportModel } from './model.js';
import { plansToJson, reportPlans } from './plans.js';
import { drawReport, type Report } from './report.js';
import { reportRobustness } from './robustness.js';
import type { TableFormat } from './table.js';

export type Format = 'text' | 'markdown' | 'json';

export const FORMATS: readonly Format[] = ['text', 'markdown', 'json'];

export interface FormatOptions {
  /** Characters in a line of text, for whose sake columns that can be done without are left out. @default no end */
  readonly width?: number | undefined;
}

function reportOf(subject: Subject, as: TableFormat, width: number | undefined): Report {
  switch (subject.kind) {
    case 'plan':
      return reportPlans(subject.plans);
    case 'model':
      return reportModel(subject);
    case 'comparison':
      return reportComparison(subject);
    case 'confusion':
      return reportConfusion(subject, as === 'text' ? width : undefined);
    case 'robustness':
      return reportRobustness(subject.results);
  }
}

/**
 * What `planResnet`, `analyze`, `compareHeads`, `confusionMatrix` and `translationRobustness` return, as aligned
 * `'text'`, as `'markdown'`, or as `'json'`; of the first three by the schemas of `resnet-heads/schemas`. Plans stand
 * side by side, a column each, and so do results of `translationRobustness` by their models' names. Returns the string;
 * prints nothing.
 *
 * @throws ArgumentError where it is none of these, or there is no such format
 */
export function format(
  value: Formattable,
  as: Format = 'text',
  options: FormatOptions = {},
): string {
  requireOneOf('format', as, FORMATS);
  requireKnown('options', options, { width: true });
  const { width } = options;
  const subject = subjectOf(value);
  if (as !== 'json') return drawReport(reportOf(subject, as, width), as, width);
  return JSON.stringify(subject.kind === 'plan' ? plansToJson(subject.plans) : value, null, 2);
}
