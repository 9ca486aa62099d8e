export { type ActivationMap, classActivationMap } from './activation-map.js';
export { renderConfusion } from './confusion-chart.js';
export { type ClassScores, type Confusion, confusionMatrix } from './confusion.js';
export { formatConfusion } from './format-confusion.js';
export {
  formatRobustness,
  type RobustnessByName,
  type RobustnessMeasure,
} from './format-robustness.js';
export { overlay, type OverlayOptions } from './overlay.js';
export { renderRobustness, type RobustnessChartOptions } from './robustness-chart.js';
export {
  type Robustness,
  type RobustnessOptions,
  type ShiftAxis,
  type ShiftResult,
  translationRobustness,
} from './robustness.js';
