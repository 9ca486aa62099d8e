export { loadWeights, type NodeLoadOptions } from './load-weights.js';
