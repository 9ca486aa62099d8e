import { type Formattable, subjectOf } from '../kinds.js';
import { drawConfusion } from './confusion.js';
import { comparisonBars, drawCosts, modelBars, plansBars } from './costs.js';
import { type ChartOptions, resolveChartOptions } from './echarts.js';
import { drawRobustness } from './robustness.js';

/**
 * Draws a result of `planResnet`, `analyze`, `compareHeads`, `evaluate` or `translationRobustness` as a chart. Requires
 * `echarts`, which is imported at the first call.
 *
 * - Plans, models and comparisons: bars of parameters and MACs on a log scale.
 * - Evaluations: a confusion matrix as a heat map, with a row for each true class. Figures are numbers of images; colours are
 *   shares of the row, so that rare classes are visible. The colour is darkest if a whole class was predicted correctly, or
 *   half of it as one other class.
 * - Evaluations with several labels per picture: a bar with the average precision of each class.
 * - The calibration of an evaluation: a reliability diagram. A bar is the share of images that are classified correctly, among
 *   those whose predicted class has this probability; it ends at the line if probabilities are right.
 * - Robustness of one or several models: accuracy against shift, one line per model. The scale does not start at zero.
 *
 * @returns the text of an SVG file
 * @throws ArgumentError if the value is none of these or the width is too small for it; PackageError if `echarts` isn't
 *   installed
 */
export async function renderChart(value: Formattable, options: ChartOptions = {}): Promise<string> {
  const subject = subjectOf(value);
  const resolved = resolveChartOptions(options);
  switch (subject.kind) {
    case 'plan':
      return drawCosts(plansBars(subject.plans), resolved);
    case 'model':
      return drawCosts(modelBars(subject), resolved);
    case 'comparison':
      return drawCosts(comparisonBars(subject), resolved);
    case 'confusion':
      return drawConfusion(subject, resolved);
    case 'multi-label':
      return (await import('./multi-label.js')).drawAveragePrecisions(subject, resolved);
    case 'calibration':
      return (await import('./reliability.js')).drawReliability(subject, resolved);
    case 'robustness':
      return drawRobustness(subject.results, resolved);
  }
}
