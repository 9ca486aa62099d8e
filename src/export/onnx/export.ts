import type * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../../base/preprocess.js';
import type { Classifier } from '../../classifier/types.js';
import { reject, requireKnown, requireOneOf, requireOptions } from '../../errors.js';
import { factsOf, requireAgreement } from '../exportable.js';
import { foldedGraph } from '../graph.js';
import { exportFiles } from '../node.js';

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
  readonly input?: 'tensor' | 'pixels';
  /** How the model wants its pixels. Required with `'pixels'` unless a classifier knows it, refused with `'tensor'`. */
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

async function toBytes(
  exported: tf.LayersModel | Classifier,
  { metadata, input = 'tensor', preprocessing: named }: OnnxOptions,
): Promise<Uint8Array> {
  const { model, classes, preprocessing: own } = factsOf(exported);
  const known = {
    ...(classes && { classes: JSON.stringify(classes) }),
    ...(own && { preprocessing: own }),
  };
  if (metadata !== undefined) requireTexts(metadata);
  requireAgreement({ preprocessing: named }, { ...(own && { preprocessing: own }) });
  requireAgreement({ ...metadata }, known, 'metadata.');
  const texts = { ...known, ...metadata };
  requireOneOf('input', input, INPUTS);
  const preprocessing = named ?? (input === 'pixels' ? own : undefined);
  if (input === 'pixels') requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  else if (preprocessing !== undefined) {
    reject('preprocessing', 'none with input "tensor"', preprocessing, 'use input "pixels"');
  }
  const graph = await foldedGraph(model);
  // On demand, as pages that call this do so once, if at all; and apart from what reads the model, which
  // would be torn out of their bundles with it.
  const { onnxBytes } = await import('./bytes.js');
  return onnxBytes(graph, { metadata: texts, ...(preprocessing && { preprocessing }) });
}

/**
 * A model, its BatchNorms folded, in ONNX (opset 17, float32, weights included), which ONNX Runtime and
 * others run: from `[batch, height, width, channels]` to what the model puts out, in any batch size, under
 * the names of its first and its last layer. The names of a classifier's classes are kept in the file.
 *
 * The same model gives the same bytes. The file takes what the model takes, preprocessed images, unless `input` is `'pixels'`.
 *
 * @param exported a classifier, which knows its preprocessing, or a model
 * @param file a path to write to in Node, whole or not at all; a file that this function wrote is replaced, any other is refused
 * @returns nothing where a file is named, else its bytes
 * @throws ArgumentError on an option that contradicts the classifier, on a layer or an option of one that it can't write, on an output whose size isn't
 *   known, above 2 GB, and where another file is there or none can be written
 */
export async function exportOnnx(
  exported: tf.LayersModel | Classifier,
  file: string | URL,
  options?: OnnxOptions,
): Promise<void>;
export async function exportOnnx(
  exported: tf.LayersModel | Classifier,
  options?: OnnxOptions,
): Promise<Uint8Array>;
export async function exportOnnx(
  exported: tf.LayersModel | Classifier,
  fileOrOptions: string | URL | OnnxOptions = {},
  options: OnnxOptions = {},
): Promise<Uint8Array | void> {
  const isPath = typeof fileOrOptions === 'string' || fileOrOptions instanceof URL;
  const given = isPath ? options : fileOrOptions;
  requireKnown('options', given, { input: true, preprocessing: true, metadata: true });
  if (!isPath) return toBytes(exported, given);
  const node = exportFiles.require('file', 'none in a browser', String(fileOrOptions));
  factsOf(exported);
  await node.writeOnnx(fileOrOptions, () => toBytes(exported, given));
}
