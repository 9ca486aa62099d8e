import { requireKnown, requireOneOf } from '../../errors.js';
import { type Formattable, type Subject, subjectOf } from '../kinds.js';
import { reportCalibration } from './calibration.js';
import { reportComparison } from './comparison.js';
import { reportConfusion } from './confusion.js';
import { reportModel } from './model.js';
import { reportMultiLabel } from './multi-label.js';
import { plansToJson, reportPlans } from './plans.js';
import { drawReport, type Report } from './report.js';
import { reportRobustness } from './robustness.js';
import type { TableFormat } from './table.js';

export type Format = 'text' | 'markdown' | 'json';

export const FORMATS: readonly Format[] = ['text', 'markdown', 'json'];

export interface FormatOptions {
  /** Maximum width of a text table in characters; less important columns are left out to fit. @default unlimited */
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
    case 'multi-label':
      return reportMultiLabel(subject);
    case 'calibration':
      return reportCalibration(subject);
    case 'robustness':
      return reportRobustness(subject.results);
  }
}

/**
 * Formats a result of `planResnet`, `analyze`, `compareHeads`, `evaluate` or `translationRobustness` as aligned `'text'`,
 * `'markdown'` or `'json'`. Several plans are shown side by side, as are several robustness results, by their models' names.
 * The `calibration` of an evaluation is a table of its bins. The JSON of plans, models, comparisons and evaluations with several labels per
 * picture follows the schemas in `resnet-heads/schemas`.
 *
 * @returns the formatted string; nothing is printed
 * @throws ArgumentError if the value is none of these, or the format is unknown
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
