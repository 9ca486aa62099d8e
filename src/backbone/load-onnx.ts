import type { Preprocessing } from '../base/preprocess.js';
import { refuseOptions, reject } from '../errors.js';
import { cutOnnx } from '../export/onnx/join.js';
import { onnxModel } from '../onnx/layer.js';
import { featuresOf, type FeatureOptions, type OnnxFeatures } from '../onnx/features.js';
import { type OnnxFile, readOnnx } from '../onnx/read.js';
import { sha256 } from '../sha256.js';
import { requireHash, requireIntegrity } from '../weights/download/integrity.js';
import { absolute } from '../weights/download/address.js';
import { type Backbone, backboneOf, type BackboneFacts } from './backbone.js';
import { modelFilesOfNode, type ModelOptions, refuseFileOptions } from './model-files.js';
import type { LoadBackboneOptions } from './options.js';

/** Reads a file by its URL, or in Node by its path. */
async function readFile(
  source: string | URL,
  { integrity, ...options }: ModelOptions,
): Promise<Uint8Array> {
  const isAddress = /^https?:/.test(String(source));
  const node = isAddress ? undefined : modelFilesOfNode.get();
  if (node === undefined) {
    const { download } = await import('../weights/download/download.js');
    const address = String(absolute(source) ?? source);
    return (await download(address, { ...options, ...(integrity && { integrity }) })).bytes;
  }
  if (integrity) requireHash(integrity);
  const bytes = await node.read(source);
  if (integrity) await requireIntegrity(String(source), bytes, integrity);
  return bytes;
}

/** Whether a file needs no cut, such as the one of a saved classifier: its hash stays. */
const isCut = ({ outputs }: OnnxFile, { output, layout, type }: OnnxFeatures): boolean =>
  outputs.length === 1 && outputs[0]?.name === output && layout === 'nhwc' && type === 'float32';

function requirePixels({ input }: OnnxFeatures, { preprocessing }: BackboneFacts): void {
  if (input.type !== 'uint8' || preprocessing === 'none') return;
  reject('preprocessing', '"none" for a file that takes uint8', preprocessing);
}

/**
 * Makes a backbone of an ONNX file: what the features don't need is left out.
 *
 * @throws ArgumentError if the file doesn't take pixels that are scaled so, or its version isn't supported
 */
export async function backboneAt(
  file: OnnxFile,
  features: OnnxFeatures,
  facts: BackboneFacts,
): Promise<Backbone> {
  requirePixels(features, facts);
  return cutBackbone(cutOnnx(file, features), facts, features.inputSize);
}

/**
 * Finds the features of an ONNX file and makes a backbone of it.
 *
 * @throws ArgumentError if the file takes no images or has no such features; WeightsError if it is damaged
 */
export async function onnxBackbone(
  bytes: Uint8Array,
  facts: BackboneFacts,
  options: FeatureOptions,
): Promise<Backbone> {
  const file = readOnnx(bytes);
  if (file.metadata.has('classes') && options.output === undefined) {
    reject(
      'output',
      'the name of a tensor of features, as the first output of a classifier has its scores',
      undefined,
    );
  }
  const features = featuresOf(file, options);
  if (!isCut(file, features)) return backboneAt(file, features, facts);
  requirePixels(features, facts);
  // A copy: bytes in hand are the caller's.
  return cutBackbone(bytes.slice(), facts, features.inputSize);
}

/** Makes a backbone of a file that {@link backboneAt} has cut. */
export async function cutBackbone(
  bytes: Uint8Array,
  facts: BackboneFacts,
  inputSize: readonly [number, number],
): Promise<Backbone> {
  const file = readOnnx(bytes);
  const features = featuresOf(file, { inputSize, layout: 'nhwc' });
  // Dynamic quantisation scales by the numbers of all images together.
  const isDynamic = file.nodes.some(({ op }) => op === 'DynamicQuantizeLinear');
  const batchSize = features.input.batch ?? (isDynamic ? 1 : null);
  return backboneOf(onnxModel({ bytes, features, batchSize, sha256: await sha256(bytes) }), facts);
}

/**
 * Reads an ONNX file by its URL, or in Node by its path, and checks its hash.
 *
 * @returns its bytes, and a name for messages
 */
export async function readSource(
  source: string | URL | Uint8Array,
  options: ModelOptions,
): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  const { integrity, ...others } = options;
  refuseFileOptions(others, 'an ONNX file');
  const isBytes = source instanceof Uint8Array;
  if (isBytes) {
    refuseOptions(others, 'for bytes', ['signal', 'onProgress', 'onWarning']);
    if (integrity) requireHash(integrity);
    if (integrity) await requireIntegrity('onnx', source, integrity);
  }
  const bytes = isBytes ? source : await readFile(source, options);
  options.signal?.throwIfAborted();
  return { bytes, name: isBytes ? 'onnx' : String(source) };
}

/** Loads an ONNX file as a backbone. */
export async function loadOnnx(
  source: string | URL | Uint8Array,
  options: LoadBackboneOptions & { readonly preprocessing: Preprocessing },
): Promise<Backbone> {
  const { preprocessing, inputSize, output, layout, ...fetching } = options;
  const { bytes, name } = await readSource(source, fetching);
  return onnxBackbone(bytes, { name, preprocessing }, { inputSize, output, layout });
}
