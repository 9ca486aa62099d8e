import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import type { LoadOptions } from '../weights/source.js';
import type { InputSize } from './backbone.js';

/**
 * Where a backbone comes from: `'resnet-mini'` or a name from `pretrainedWeights()`; the URL, or in Node the path, of a ResNet's weight
 * file (`.h5`, `.weights.h5`, `.safetensors`, `.safetensors.index.json`), of a layers model (its folder, its
 * `model.json` or a `.keras` file) or of an `.onnx` file; the bytes of a weight file or an ONNX file; or a `tf.LayersModel`.
 */
export type BackboneSource = string | URL | Uint8Array | ArrayBuffer | Blob | tf.LayersModel;

/** Options of `loadBackbone`. Published weights know their preprocessing; for any other source, pass it. */
export interface LoadBackboneOptions extends Omit<LoadOptions, 'scope'> {
  /** Pixel scaling that the weights expect. @default their publisher's, for published weights; required otherwise */
  readonly preprocessing?: Preprocessing;
  /** Height and width that pictures are cropped and resized to. @default [224, 224], for resnet-mini [96, 96]; a model has its own */
  readonly inputSize?: InputSize;
  /** Name of the tensor that holds the features, for an ONNX file. @default the file's first output */
  readonly output?: string;
  /** The order of the features' axes, for an ONNX file whose operators don't tell. @default found out */
  readonly layout?: 'nhwc' | 'nchw';
}
