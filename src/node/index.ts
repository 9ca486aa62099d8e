export { checkpointFile, type RunSettings } from './checkpoint-file.js';
export {
  loadClassifier,
  saveClassifier,
  type SaveClassifierOptions,
  saveModelFolder,
} from './classifier-folder.js';
export { loadModelFolder } from './load-model-folder.js';
export { exportOnnx } from './export-onnx.js';
export { exportSavedModel, type SavedModelOptions } from './export-saved-model.js';
export type { SavedModelInput } from '../export/savedmodel/encode.js';
export type { EngineName } from './engine/index.js';
export { extractFolder, type ExtractFolderOptions, type FolderFeatures } from './extract-folder.js';
export { evaluateFolder, type EvaluateOptions, type Evaluation } from './evaluate-folder.js';
export * from './images/index.js';
export { trainFolder, type TrainedFolder } from './train-folder.js';
export type { TrainFolderOptions, TrainProgress } from './train-options.js';
export { loadWeights, type NodeLoadOptions } from './load-weights.js';
export { loadTfjsNode, type TfjsNodePackage } from './tfjs-node.js';
export { loadWebgpu, type WebgpuDevice } from './webgpu.js';
