import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import type { LoadOptions } from '../weights/source.js';
import type { InputSize } from './backbone.js';

/**
 * Where a backbone comes from: a name from `pretrainedWeights()`; the address, or in Node the path, of a ResNet's
 * weight file (`.h5`, `.weights.h5`, `.safetensors`, `.safetensors.index.json`) or of a layers model (its folder, its
 * `model.json` or a `.keras` file); a weight file's bytes; or a model in hand.
 */
export type BackboneSource = string | URL | Uint8Array | ArrayBuffer | Blob | tf.LayersModel;

/** How a backbone is loaded. A published name knows its preprocessing; with any other source it has to be named. */
export interface LoadBackboneOptions extends Omit<LoadOptions, 'scope'> {
  /** How the weights want their pixels. @default by name what their publisher says; else there is none */
  readonly preprocessing?: Preprocessing;
  /** Height and width that pictures are brought to. @default [224, 224]; a model has its own */
  readonly inputSize?: InputSize;
}
