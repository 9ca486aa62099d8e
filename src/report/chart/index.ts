import { type Formattable, subjectOf } from '../kinds.js';
import { drawConfusion } from './confusion.js';
import { comparisonBars, drawCosts, modelBars, plansBars } from './costs.js';
import { type ChartOptions, resolveChartOptions } from './echarts.js';
import { drawRobustness } from './robustness.js';

/**
 * What `planResnet`, `analyze`, `compareHeads`, `confusionMatrix` and `translationRobustness` return, as a picture: the
 * text of an SVG file. Drawn by ECharts, an optional peer that is loaded when this is called first.
 *
 * - Plans, models and comparisons: bars of parameters and MACs on a log scale.
 * - A confusion: a heat map, a row for each true class. Colours are shares of the row, so that rare classes show, darkest
 *   where all of a class were right or half of it were taken for one other; figures are images.
 * - Robustness, of one model or by name: the accuracy against the shift, a line for each model. The scale begins near
 *   the lowest point, not at zero.
 *
 * @throws ArgumentError where it is none of these, or the width has no room for it; PackageError where ECharts isn't
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
    case 'robustness':
      return drawRobustness(subject.results, resolved);
  }
}
