import type * as tf from '@tensorflow/tfjs';
import { exportOnnx as toBytes, type OnnxOptions } from '../export/onnx/export.js';
import { writeWhole } from './write-file.js';

/**
 * Writes a model to an ONNX file, whole or not at all: what `exportOnnx` of `resnet-heads` gives.
 *
 * @throws ArgumentError as that does, and where the file can't be written
 */
export async function exportOnnx(
  model: tf.LayersModel,
  file: string,
  options: OnnxOptions = {},
): Promise<void> {
  await writeWhole(file, await toBytes(model, options));
}
