export { type ActivationMap, classActivationMap } from './activation-map.js';
export { confusionMatrix } from './confusion.js';
export { overlay, type OverlayOptions } from './overlay.js';
export { type RobustnessOptions, translationRobustness } from './translation.js';
