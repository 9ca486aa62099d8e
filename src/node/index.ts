export { checkpointFile } from './checkpoint-file.js';
export { loadClassifier, loadModelFolder, saveClassifier } from './classifier-folder.js';
export { loadWeights, type NodeLoadOptions } from './load-weights.js';
