import type * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import type { Classifier } from '../classifier/types.js';
import { refuseOptions, reject, requireKnown, requireOneOf, requireOptions } from '../errors.js';
import { onnxOf } from '../onnx/base.js';
import { factsOf, requireAgreement } from './exportable.js';
import { FLOAT_FORMATS, type FloatFormat } from '../weights/formats/float-format.js';
import { foldedGraph } from '../export/graph.js';
import { exportFiles } from './node.js';
import type { Int8Options } from './int8/options.js';

/** The kind of input of an ONNX model. */
export type OnnxInput = 'tensor' | 'pixels';

const INPUTS: readonly OnnxInput[] = ['tensor', 'pixels'];

export interface OnnxOptions {
  /**
   * The input of the ONNX model:
   *
   * - `'tensor'`: preprocessed images, float32 `[batch, h, w, c]`, under the name of the model's input layer; for an ONNX backbone, the input
   *   that its file has
   * - `'pixels'`: red, green and blue from 0 to 255, uint8 `[batch, h, w, 3]`, under the name `pixels`; the graph scales them
   *
   * @default 'tensor'
   */
  readonly input?: 'tensor' | 'pixels';
  /**
   * How the model expects pixels to be scaled. Required with `'pixels'` and `int8`, unless a classifier is exported; otherwise not
   * allowed.
   */
  readonly preprocessing?: Preprocessing;
  /** Number format of the kernels; float16 halves the file and keeps three digits. The model computes in float32. @default 'float32' */
  readonly dtype?: FloatFormat;
  /** Quantises the model to int8: a quarter of the size, and two to three times as fast on recent processors. @default no */
  readonly int8?: Int8Options;
  /** Strings to store in the file, such as class names. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

function requireTexts(value: unknown): asserts value is Readonly<Record<string, string>> {
  requireOptions('metadata', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') reject(`metadata.${key}`, 'a string', text);
  }
}

async function toBytes(
  exported: tf.LayersModel | Classifier,
  { metadata, input = 'tensor', preprocessing: named, dtype, int8 }: OnnxOptions,
): Promise<Uint8Array> {
  const facts = factsOf(exported);
  const { model, classes, preprocessing: own, thresholds } = facts;
  const onnx = onnxOf(model);
  const isAnySize = input === 'tensor' && onnx?.features.input.size.includes(null);
  const lists = {
    classes,
    thresholds,
    inputSize: isAnySize ? onnx?.features.inputSize : undefined,
  };
  const known: Record<string, string> = {};
  for (const [key, list] of Object.entries(lists)) if (list) known[key] = JSON.stringify(list);
  if (own) known['preprocessing'] = own;
  if (metadata !== undefined) requireTexts(metadata);
  requireAgreement({ preprocessing: named }, { ...(own && { preprocessing: own }) });
  requireAgreement({ ...metadata }, known, 'metadata.');
  const texts = { ...known, ...metadata };
  requireOneOf('input', input, INPUTS);
  requireOneOf('dtype', dtype ?? 'float32', FLOAT_FORMATS);
  const takesPixels = input === 'pixels';
  const preprocessing = named ?? own;
  if (takesPixels || int8 !== undefined) {
    requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  } else if (named !== undefined) {
    reject('preprocessing', 'none with input "tensor"', named, 'use input "pixels"');
  }
  const options = { metadata: texts, ...(takesPixels && preprocessing && { preprocessing }) };
  if (onnx) {
    const quantised = int8 && 'int8';
    refuseOptions(
      { int8: quantised, dtype },
      'for an ONNX backbone, whose file keeps its number format',
    );
    return (await import('../export/onnx/joined.js')).joinedFile(model, options);
  }
  // Imported on demand, because few pages export. Reading the model stays out of it: pages need that code anyway.
  if (int8 !== undefined && preprocessing !== undefined) {
    if (dtype !== undefined) reject('dtype', 'none with int8', dtype, 'choose one of the two');
    const { exportInt8 } = await import('./int8/export.js');
    return exportInt8({ ...facts, preprocessing }, int8, options);
  }
  const graph = await foldedGraph(model);
  const { onnxBytes } = await import('../export/onnx/bytes.js');
  return onnxBytes(graph, { ...options, dtype: dtype ?? 'float32' });
}

/**
 * Exports a model to ONNX (opset 17, weights included), for ONNX Runtime and others.
 *
 * BatchNorms are folded. The input is `[batch, height, width, channels]`, of any batch size: preprocessed images, or pixels
 * with `input: 'pixels'`. The output has the name of the model's last layer. A classifier's class names and preprocessing are stored
 * as metadata. The same model, with the same pictures for `int8`, always gives the same bytes.
 *
 * @param exported a model, or a classifier, whose preprocessing is used
 * @param file path to write to, in Node only. The file is written completely or not at all; a file that this function wrote is
 *   overwritten, any other is refused
 * @returns the bytes, or nothing if a file is given
 * @throws ArgumentError if an option contradicts the classifier, a layer or one of its options can't be exported, an output's size is
 *   unknown, the file would exceed 2 GB, a weight is too large for float16, or it can't be written or would overwrite another file;
 *   PictureError if no picture for `int8` can be decoded
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
  requireKnown('options', given, {
    input: true,
    preprocessing: true,
    dtype: true,
    int8: true,
    metadata: true,
  });
  if (!isPath) return toBytes(exported, given);
  const node = exportFiles.require('file', 'none in a browser', String(fileOrOptions));
  factsOf(exported);
  await node.writeOnnx(fileOrOptions, () => toBytes(exported, given));
}
