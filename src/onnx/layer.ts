import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { ONNX_LAYER } from '../layers/onnx-layer.js';
import type { OnnxBase } from './base.js';

const CHANNELS = 3;

/**
 * Stands for an ONNX file in a TensorFlow.js model: images → features. It has shapes, so that heads can be attached and split off, but it
 * can't be called; an engine runs the file.
 */
class OnnxLayer extends tf.layers.Layer {
  static readonly className = ONNX_LAYER;
  /** As scores, its outputs are logits: a file's last activation isn't part of it. */
  readonly activation = { getClassName: () => 'linear' };

  constructor(readonly onnx: OnnxBase) {
    super({ name: 'onnx', trainable: false });
  }

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch = null] = shape;
    return [Array.isArray(batch) ? null : batch, ...this.onnx.features.shape];
  }

  override call(): never {
    throw new ArgumentError(
      'backbone: expected a call of an engine, got one of TensorFlow.js, which has no layers of an ONNX file; use classify(), evaluate() or extractFeatures()',
    );
  }

  // The hash of a model takes it from here, so that it tells files apart.
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), sha256: this.onnx.sha256 };
  }
}

/** A model of one layer, which stands for an ONNX file: preprocessed images `[n, height, width, 3]` → features `[n, h, w, c]`. */
export function onnxModel(onnx: OnnxBase): tf.LayersModel {
  const { inputSize } = onnx.features;
  const images = tf.input({ shape: [...inputSize, CHANNELS], name: 'images' });
  const outputs = new OnnxLayer(onnx).apply(images) as tf.SymbolicTensor;
  return tf.model({ inputs: images, outputs, name: 'onnx' });
}
