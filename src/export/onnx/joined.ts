import type * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { onnxOf } from '../../onnx/base.js';
import { endOfBase } from '../../model/seam.js';
import { splitModel } from '../../model/split.js';
import { readOnnx } from '../../onnx/read.js';
import { foldedGraph } from '../graph.js';
import { type FileOptions, onnxBytes } from './bytes.js';
import { cutOnnx, joinOnnx } from './join.js';
import { PIXELS } from './pixels.js';

/** The file of a model on an ONNX backbone: the backbone's own file, joined with the head if there is one. */
export async function joinedFile(
  model: tf.LayersModel,
  { metadata, preprocessing }: Omit<FileOptions, 'dtype'>,
): Promise<Uint8Array> {
  const { bytes, features } = present(onnxOf(model), 'ONNX file');
  const file = readOnnx(bytes);
  const { name, type, layout } = features.input;
  // A file that exportOnnx wrote with pixels.
  const takesPixels = name === PIXELS && type === 'uint8' && layout === 'nhwc';
  const isDone = takesPixels && preprocessing === 'none';
  const options = {
    metadata,
    ...(preprocessing && !isDone && { pixels: { preprocessing, type: 'uint8' } as const }),
  };
  if (endOfBase(model) === undefined) return cutOnnx(file, features, options);
  const { head } = splitModel(model);
  try {
    const written = onnxBytes(await foldedGraph(head), { metadata: {}, dtype: 'float32' });
    return joinOnnx(file, features, written, options);
  } finally {
    head.dispose();
  }
}
