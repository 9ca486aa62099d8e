import type * as tf from '@tensorflow/tfjs';
import { name as packageName } from '../../package.json';
import { exportOnnx as toBytes, type OnnxOptions } from '../export/onnx/export.js';
import { requireLayersModel } from '../model/check.js';
import { beginningOf, type FileKind, requireFile, writeFile } from './write/file.js';

/** The version of the format, 1 to 127, in two bytes; then field 2 of `ModelProto`, who made it. */
const BEGINNING = `\x12${String.fromCharCode(packageName.length)}${packageName}`;
const VERSION_BYTES = 2;

export const ONNX_FILE: FileKind = {
  name: 'an ONNX model',
  isOurs: async (file) =>
    (await beginningOf(file, VERSION_BYTES + BEGINNING.length)).slice(VERSION_BYTES) === BEGINNING,
};

/**
 * Writes a model to an ONNX file, whole or not at all: what `exportOnnx` of `resnet-heads` gives. A file that this
 * function wrote is replaced, any other is refused.
 *
 * @throws ArgumentError as that does, and where another file is there or none can be written
 */
export async function exportOnnx(
  model: tf.LayersModel,
  file: string,
  options: OnnxOptions = {},
): Promise<void> {
  requireLayersModel('model', model);
  await requireFile(file, ONNX_FILE);
  await writeFile(file, await toBytes(model, options), ONNX_FILE);
}
