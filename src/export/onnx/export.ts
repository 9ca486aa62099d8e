import type * as tf from '@tensorflow/tfjs';
import { reject, requireOptions } from '../../errors.js';
import { foldedGraph } from '../graph.js';

export interface OnnxOptions {
  /** Texts that are kept in the file, such as the names of the classes. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

function requireTexts(value: unknown): asserts value is Readonly<Record<string, string>> {
  requireOptions('metadata', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') reject(`metadata.${key}`, 'a text', text);
  }
}

/**
 * A model, its BatchNorms folded, as the bytes of an ONNX file (opset 17, float32, weights included), which ONNX Runtime and
 * others run: from `[batch, height, width, channels]` to what the model puts out, in any batch size, under
 * the names of its first and its last layer.
 *
 * The same model gives the same bytes. What it takes is what the model takes: pixels are preprocessed before.
 *
 * @throws ArgumentError on a layer or an option of one that it can't write, on an output whose size isn't
 *   known, and above 2 GB
 */
export async function exportOnnx(
  model: tf.LayersModel,
  options: OnnxOptions = {},
): Promise<Uint8Array> {
  requireOptions('options', options);
  const { metadata = {} } = options;
  requireTexts(metadata);
  const graph = await foldedGraph(model);
  // On demand, as pages that call this do so once, if at all; and apart from what reads the model, which
  // would be torn out of their bundles with it.
  const { onnxBytes } = await import('./bytes.js');
  return onnxBytes(graph, metadata);
}
