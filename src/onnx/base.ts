import type * as tf from '@tensorflow/tfjs';
import { ONNX_LAYER } from '../layers/onnx-layer.js';
import type { OnnxFeatures } from './features.js';

/** An ONNX file that computes a backbone's features. */
export interface OnnxBase {
  /** The file: its only output is the features, float32 `[batch, h, w, c]`. */
  readonly bytes: Uint8Array;
  readonly features: OnnxFeatures;
  /** Of the bytes. */
  readonly sha256: string;
  /** How many images it takes at a time; null for any number. */
  readonly batchSize: number | null;
}

/** The ONNX file that stands for layers of a model; undefined if all of them are TensorFlow.js's. */
export function onnxOf({ layers }: tf.LayersModel): OnnxBase | undefined {
  // Two copies of this package, ESM and CommonJS, have two classes of the same name.
  const found = layers.find((layer) => layer.getClassName() === ONNX_LAYER);
  return (found as { readonly onnx?: OnnxBase } | undefined)?.onnx;
}
