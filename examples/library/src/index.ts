export { evidenceHead, type EvidenceHeadOptions } from './evidence-head.js';
export { type Cost, costOf, evidenceClassifier } from './on-mobilenet.js';
