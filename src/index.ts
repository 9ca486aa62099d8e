// What needs no TensorFlow.js is listed once, in plan.ts.
export * from './plan.js';
export { compareHeads, type CompareOptions, type Trial } from './compare/compare-heads.js';
export type { ResnetOptions } from './base/options.js';
export { decodePredictions, type DecodeOptions, type Prediction } from './base/predictions.js';
export { preprocess, type Preprocessing } from './base/preprocess.js';
export type { InitialWeights } from './layers/initial-weights.js';
export { exportOnnx, type OnnxInput, type OnnxOptions } from './export/onnx/export.js';
export { attachHead, buildHead } from './model/attach.js';
export { foldBatchNorm, type FoldedModel, type FoldOptions } from './model/fold-batch-norm.js';
export { freeze, type LayerSelector, unfreeze } from './model/freeze.js';
export type { Scope } from './model/seam.js';
export { loadWeights, type LoadReport } from './weights/load.js';
export type { LoadOptions, Origin, WeightSource } from './weights/source.js';
export type { DownloadOptions, Progress } from './weights/download/options.js';
export type { Integrity } from './weights/download/integrity.js';
export {
  pretrainedWeights,
  type PretrainedWeights,
  type PublishedFile,
} from './weights/pretrained.js';
export { saveWeights, type SaveOptions } from './weights/save.js';
export {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  type DenseResnetOptions,
  type FlattenedResnetOptions,
  type PooledResnetOptions,
} from './model/build.js';
export { resnet, type BaseOptions } from './model/resnet.js';
export {
  extractFeatures,
  type ExtractOptions,
  type ExtractProgress,
  type Features,
  type LabelledBatch,
} from './train/features.js';
export { type BatchSource, fineTune, type FineTuneOptions } from './train/fine-tune.js';
export { fitHead, type FitHeadOptions, type FitResult } from './train/fit-head.js';
export {
  type Classification,
  type Classifier,
  type ClassifierMetadata,
  type ClassifyOptions,
  createClassifier,
} from './train/classifier.js';
export { loadClassifier, type LoadClassifierOptions } from './train/load-classifier.js';
export * from './explain/index.js';
export {
  type LabelledPicture,
  pictureBatches,
  type PictureBatchOptions,
  type PictureSource,
} from './train/pictures.js';
export type { PictureRecord } from './train/picture-record.js';
export { supplyKernels } from './train/kernels.js';
export type { Callbacks } from './train/callbacks.js';
export type { Checkpoint, Epoch, TrainingState } from './train/checkpoint.js';
export type { Outcome } from './train/training-loop.js';
export type { TrainingOptions } from './train/training-options.js';
export type { NamedArray } from './weights/formats/named-array.js';
export { splitModel, type SplitModel, type SplitOptions } from './model/split.js';
