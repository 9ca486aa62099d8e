// plan.ts exports everything that doesn't need TensorFlow.js.
export * from './plan.js';
export { type Backbone, type InputSize } from './backbone/backbone.js';
export { loadBackbone } from './backbone/load-backbone.js';
export type { BackboneSource, LoadBackboneOptions } from './backbone/options.js';
export { quantize } from './convert/int8/quantize.js';
export { loadTfjsNode, loadWebgpu, useFastestBackend } from './backend.js';
export type { WebgpuDevice } from './backend-types.js';
export { preprocess, type Preprocessing } from './base/preprocess.js';
export type { ClassifiedFile, ClassifyFilesOptions } from './classifier/classified-file.js';
export { classifyFiles } from './classifier/classify-files.js';
export type { FineTuneOptions } from './classifier/fine-tune.js';
export { loadClassifier } from './classifier/load.js';
export type { LoadClassifierOptions } from './classifier/load-options.js';
export { reviewLabels } from './classifier/review-labels.js';
export type { LabelReview, ReviewOptions, SuspiciousLabel } from './classifier/review-options.js';
export { translationRobustness } from './classifier/robustness.js';
export type { TranslationOptions } from './classifier/shifted-pictures.js';
export { trainClassifier } from './classifier/train-classifier.js';
export type { TrainOptions } from './classifier/train-options.js';
export type {
  ConfusionEvaluation,
  EvaluatedPictures,
  EvaluateOptions,
  Evaluation,
  MultiLabelEvaluation,
} from './classifier/evaluation.js';
export type {
  Classification,
  Classifier,
  ClassifyOptions,
  ExplainOptions,
  Recognition,
  ReportOptions,
  SaveOptions,
  Training,
} from './classifier/types.js';
export { compareHeads, type CompareOptions } from './compare/compare-heads.js';
export type { EngineName } from './engine/names.js';
export type { OnnxRuntime, OnnxSession, OnnxTensor } from './onnxruntime/runtime.js';
export { setOnnxRuntime } from './onnxruntime/set-runtime.js';
export { ArgumentError, PackageError, PictureError } from './errors.js';
export type { ClassChange } from './explain/class-changes.js';
export { type ClassMap } from './explain/explain.js';
export { exportOnnx, type OnnxOptions } from './convert/onnx.js';
export type { Int8Options, QuantizeOptions } from './convert/int8/options.js';
export { exportSavedModel } from './convert/saved-model.js';
export type { SavedModelOptions } from './export/savedmodel/options.js';
export type { HeadSpec } from './head/spec.js';
export type { InitialWeights } from './layers/initial-weights.js';
export { attachHead, buildHead } from './model/attach.js';
export {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  type DenseResnetOptions,
  type FlattenedResnetOptions,
  type PooledResnetOptions,
} from './model/build.js';
export { foldBatchNorm, type FoldedModel, type FoldOptions } from './model/fold-batch-norm.js';
export { freeze, type LayerSelector, unfreeze } from './model/freeze.js';
export { type BaseOptions, resnet } from './model/resnet.js';
export type { Scope } from './model/seam.js';
export { type SplitModel, splitModel, type SplitOptions } from './model/split.js';
export {
  extractFeatures,
  type ExtractedFeatures,
  type ExtractOptions,
  type ExtractToFolderOptions,
} from './pictures/extract.js';
export { type FeatureFiles, openFeatures } from './pictures/feature-files.js';
export type {
  BatchStream,
  Duplicates,
  LabelledFile,
  LabelledPicture,
  Picture,
  PictureBatch,
  Pictures,
} from './pictures/types.js';
export type { ViewName } from './pictures/views.js';
export type { Progress } from './progress.js';
export type { Callbacks } from './train/callbacks.js';
export type { Epoch, Figures } from './train/checkpoint.js';
export type { Features, StoredFeatures } from './train/features.js';
export { fitHead, type FitResult, type LbfgsOutcome, type Outcome } from './train/fit-head.js';
export type { FitHeadOptions } from './train/fit-options.js';
export type { Strength } from './train/linear/search.js';
export type { AdamOutcome } from './train/course.js';
export type { Solver } from './train/training-options.js';
export type { Integrity } from './weights/download/integrity.js';
export { WeightsError } from './weights/errors.js';
export { loadWeights, type LoadReport } from './weights/load.js';
export { pretrainedWeights, type PretrainedWeights } from './weights/pretrained.js';
export type { FloatFormat } from './weights/formats/float-format.js';
export { saveWeights, type SaveWeightsOptions } from './weights/save.js';
export type { LoadOptions, WeightSource } from './weights/source.js';
