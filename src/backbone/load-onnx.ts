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

/**
 * Makes a backbone of an ONNX file: what the features don't need is left out.
 *
 * @throws ArgumentError if the file takes no images or has no such features; WeightsError if it is damaged
 */
export async function onnxBackbone(
  bytes: Uint8Array,
  facts: BackboneFacts,
  options: FeatureOptions,
): Promise<Backbone> {
  const file = readOnnx(bytes);
  const features = featuresOf(file, options);
  const { type } = features.input;
  if (type === 'uint8' && facts.preprocessing !== 'none') {
    reject('preprocessing', '"none" for a file that takes uint8', facts.preprocessing);
  }
  // A copy: bytes in hand are the caller's.
  const cut = isCut(file, features) ? bytes.slice() : cutOnnx(file, features);
  return cutBackbone(cut, facts, features.inputSize);
}

/** Makes a backbone of a file that {@link onnxBackbone} has cut. */
export async function cutBackbone(
  bytes: Uint8Array,
  facts: BackboneFacts,
  inputSize: readonly [number, number],
): Promise<Backbone> {
  const features = featuresOf(readOnnx(bytes), { inputSize, layout: 'nhwc' });
  return backboneOf(onnxModel({ bytes, features, sha256: await sha256(bytes) }), facts);
}

/** Loads an ONNX file as a backbone. */
export async function loadOnnx(
  source: string | URL | Uint8Array,
  options: LoadBackboneOptions & { readonly preprocessing: Preprocessing },
): Promise<Backbone> {
  const { preprocessing, inputSize, output, layout, ...fetching } = options;
  const { integrity, ...others } = fetching;
  refuseFileOptions(others, 'an ONNX file');
  const isBytes = source instanceof Uint8Array;
  if (isBytes) {
    refuseOptions(others, 'for bytes', ['signal', 'onProgress', 'onWarning']);
    if (integrity) requireHash(integrity);
    if (integrity) await requireIntegrity('onnx', source, integrity);
  }
  const bytes = isBytes ? source : await readFile(source, fetching);
  options.signal?.throwIfAborted();
  const name = isBytes ? 'onnx' : String(source);
  return onnxBackbone(bytes, { name, preprocessing }, { inputSize, output, layout });
}
