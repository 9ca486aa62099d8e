import * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import { reject } from '../errors.js';
import type { Scope } from '../model/seam.js';
import type { DownloadOptions } from './download/download.js';
import { type Integrity, requireIntegrity, sha256 } from './download/integrity.js';
import type { WeightFile } from './formats/named-array.js';
import { parseWeights } from './formats/parse.js';
import { pretrainedWeights, resolvePretrained } from './pretrained.js';

/**
 * Where weights come from: a name out of {@link pretrainedWeights} or `'imagenet'`, an http(s) URL, a
 * file's bytes, or tensors under Keras's or torch's names.
 */
export type WeightSource = string | URL | Uint8Array | ArrayBuffer | Blob | tf.NamedTensorMap;

export interface LoadOptions extends DownloadOptions {
  /**
   * Which part of the model gets its weights.
   * @default 'all'; by name `'base'`, unless the model has ImageNet's own top
   */
  readonly scope?: Scope;
  /** What the file has to hash to. @default for weights by name, what their publisher says */
  readonly integrity?: Integrity;
  /** Address of a host with the same paths, to fetch weights by name from. @default their publisher's */
  readonly mirror?: string;
}

/** What error messages call bytes and tensors, which have no address. */
const AT_HAND = 'weights';

async function readTensors(tensors: tf.NamedTensorMap): Promise<WeightFile> {
  const entries = Object.entries(tensors);
  for (const [name, tensor] of entries) {
    if (!(tensor instanceof tf.Tensor)) reject(`source "${name}"`, 'a tf.Tensor', tensor);
  }
  const arrays = await Promise.all(
    entries.map(async ([name, tensor]) => ({
      // TensorFlow.js saves `conv1_conv/kernel`, Keras 2 `conv1_conv/kernel:0`.
      name: name.replace(/:0$/, ''),
      shape: tensor.shape,
      data: Float32Array.from(await tensor.data()),
    })),
  );
  return { format: 'tensors', arrays, skipped: [] };
}

/** A source, told apart and read, but not yet held against the model. */
export interface Reading {
  readonly name: string;
  readonly scope: Scope;
  readonly file: WeightFile;
  readonly sha256?: string;
  readonly verified?: Integrity;
  readonly preprocessing?: Preprocessing;
}

async function readBytes(
  name: string,
  bytes: Uint8Array,
  scope: Scope,
  integrity: Integrity | undefined,
): Promise<Reading> {
  if (integrity !== undefined) await requireIntegrity(name, bytes, integrity);
  const file = await parseWeights(bytes);
  const known = integrity?.algorithm === 'sha256' ? integrity.hex.toLowerCase() : undefined;
  const hash = known ?? (await sha256(bytes));
  return {
    name,
    scope,
    file,
    ...(hash === undefined ? {} : { sha256: hash }),
    ...(integrity === undefined ? {} : { verified: integrity }),
  };
}

/** A file's bytes, where the source has them at hand. */
async function bytesOf(source: unknown): Promise<Uint8Array | undefined> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  return undefined;
}

/** Loaded when it is needed, as files at hand need none of it. */
async function fetchFile(url: string, options: LoadOptions): Promise<Uint8Array> {
  const { download } = await import('./download/download.js');
  return download(url, options);
}

const isUrl = (source: unknown): source is string | URL =>
  source instanceof URL || (typeof source === 'string' && /^https?:/.test(source));

async function readByName(
  model: tf.LayersModel,
  name: string,
  options: LoadOptions,
): Promise<Reading> {
  if (name !== 'imagenet' && !pretrainedWeights().some((each) => each.name === name)) {
    reject(
      'source',
      '"imagenet", a name of pretrainedWeights(), or an http(s) URL',
      name,
      'read a file first, and hand in its bytes',
    );
  }
  const { url, integrity, preprocessing, scope } = resolvePretrained(model, name, options);
  const bytes = await fetchFile(url, options);
  return { ...(await readBytes(url, bytes, scope, options.integrity ?? integrity)), preprocessing };
}

/**
 * Reads weights from wherever they are.
 *
 * @param model what they are for; it decides which file a name stands for
 */
export async function readSource(
  model: tf.LayersModel,
  source: WeightSource,
  options: LoadOptions,
): Promise<Reading> {
  const { scope = 'all', integrity } = options;
  if (isUrl(source)) {
    const url = String(source);
    return readBytes(url, await fetchFile(url, options), scope, integrity);
  }
  if (typeof source === 'string') return readByName(model, source, options);
  const bytes = await bytesOf(source);
  if (bytes !== undefined) return readBytes(AT_HAND, bytes, scope, integrity);
  const tensors: unknown = source;
  if (typeof tensors !== 'object' || tensors === null || Array.isArray(tensors)) {
    reject('source', 'a name, a URL, bytes, a Blob or tensors by name', source);
  }
  return { name: AT_HAND, scope, file: await readTensors(source as tf.NamedTensorMap) };
}
