export { type ActivationMap, classActivationMap } from './activation-map.js';
export { type ClassScores, type Confusion, confusionMatrix } from './confusion.js';
export { overlay, type OverlayOptions } from './overlay.js';
export {
  type Robustness,
  type RobustnessOptions,
  type ShiftAxis,
  type ShiftResult,
  translationRobustness,
} from './robustness.js';
