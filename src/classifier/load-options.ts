import type { Backbone, InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { EngineName } from '../engine/names.js';
import type { LoadOptions } from '../weights/source.js';

/** Options of `loadClassifier`. */
export interface LoadClassifierOptions extends Omit<LoadOptions, 'scope'> {
  /** The backbone for a head that was saved without it; it remains the caller's. */
  readonly backbone?: Backbone;
  /** The library that runs the model. @default the fastest that is installed; see {@link EngineName} */
  readonly engine?: EngineName;
  /** Class names, in the order of the scores, for a model; a saved classifier has its own. */
  readonly classes?: readonly string[];
  /**
   * For each class, the probability from which a picture has this label, for a model that ends in sigmoids and whose pictures
   * can have several labels; a saved classifier has its own. @default none: one class per picture
   */
  readonly thresholds?: readonly number[];
  /** Pixel scaling that a model expects; a saved classifier has its own. */
  readonly preprocessing?: Preprocessing;
  /** Height and width that pictures are cropped and resized to. @default [224, 224], for resnet-mini [96, 96], by name; a model has its own */
  readonly inputSize?: InputSize;
}
