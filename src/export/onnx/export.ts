import type * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../../base/preprocess.js';
import { reject, requireOneOf, requireOptions } from '../../errors.js';
import { foldedGraph } from '../graph.js';

/** What an ONNX model takes. */
export type OnnxInput = 'tensor' | 'pixels';

const INPUTS: readonly OnnxInput[] = ['tensor', 'pixels'];

export interface OnnxOptions {
  /**
   * The input of the ONNX model:
   *
   * - `'tensor'`: the layers model's own input, preprocessed, float32 `[batch, h, w, c]`
   * - `'pixels'`: red, green and blue from 0 to 255, uint8 `[batch, h, w, 3]`, as `pixels`; the graph scales them
   *
   * @default 'tensor'
   */
  readonly input?: OnnxInput;
  /** The pixel scaling that the base expects. Required with `'pixels'`, refused with `'tensor'`. */
  readonly preprocessing?: Preprocessing;
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
 * The same model gives the same bytes. The file takes what the model takes, preprocessed images, unless `input` is `'pixels'`.
 *
 * @throws ArgumentError on a layer or an option of one that it can't write, on an output whose size isn't
 *   known, and above 2 GB
 */
export async function exportOnnx(
  model: tf.LayersModel,
  options: OnnxOptions = {},
): Promise<Uint8Array> {
  requireOptions('options', options);
  const { metadata = {}, input = 'tensor', preprocessing } = options;
  requireTexts(metadata);
  requireOneOf('input', input, INPUTS);
  if (input === 'pixels') requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  else if (preprocessing !== undefined) {
    reject('preprocessing', 'none with input "tensor"', preprocessing, 'use input "pixels"');
  }
  const graph = await foldedGraph(model);
  // On demand, as pages that call this do so once, if at all; and apart from what reads the model, which
  // would be torn out of their bundles with it.
  const { onnxBytes } = await import('./bytes.js');
  return onnxBytes(graph, { metadata, ...(preprocessing && { preprocessing }) });
}
