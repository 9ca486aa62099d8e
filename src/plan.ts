/** `resnet-heads/plan`: everything that doesn't need TensorFlow.js. */
export type {
  ComparedHead,
  FoldFit,
  HeadComparison,
  HeadFit,
  HeadRecommendation,
  HeadTimes,
} from './compare/comparison.js';
export type { FoldMean } from './compare/over-folds.js';
export type { Spread } from './compare/spread.js';
export { format, type Format, type FormatOptions } from './report/format/index.js';
export type { Formattable } from './report/kinds.js';
export { renderChart } from './report/chart/index.js';
export type { ChartOptions } from './report/chart/echarts.js';
export { analyze, type AnalyzeOptions } from './analyze/analyze.js';
export { type BudgetOptions, type Fit, largestInput } from './analyze/budget.js';
export type { AnalyzableModel } from './analyze/live.js';
export {
  type CountedModel,
  estimateMemory,
  type MemoryEstimate,
  type MemoryOptions,
  type OptimizerName,
} from './analyze/memory.js';
export type { LayerCounter } from './layers/cost/counters.js';
export type { LayerCost } from './layers/cost/layer-cost.js';
export { planResnet, type Plan, type PlannedLayer, type PlanOptions } from './analyze/plan.js';
export type { LayerStats, ModelStats, Totals } from './analyze/stats.js';
export type { Calibration, CalibrationBin } from './explain/calibration.js';
export type { ClassScores, Confusion } from './explain/confusion.js';
export type { LabelScores, MeanScores, MultiLabelScores } from './explain/multi-label.js';
export type { Robustness, RobustnessByName, ShiftResult } from './explain/robustness.js';
export type { ResnetDepth, ResnetVariant } from './base/architecture.js';
export type { HeadChoice, HeadName } from './head/choose.js';
export { denseHead, type DenseHeadOptions } from './head/dense.js';
export { flattenedHead, type FlattenedHeadOptions } from './head/flattened.js';
export type { Head } from './head/head.js';
export { pooledHead, type PooledHeadOptions } from './head/pooled.js';
export type { Pooling } from './head/pooling.js';
export type { Activation, LayerFactory, Shape } from './layers/factory.js';
