import * as tf from '@tensorflow/tfjs';
import { reject, requireOneOf, requireOptions } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import type { Scope } from '../model/seam.js';
import { assign } from './assign.js';
import { match } from './match.js';
import type { WeightFile } from './named-array.js';
import { parseWeights } from './parse.js';
import { SCOPES } from './save.js';

/** Weights at hand: a file's bytes, or tensors under Keras's or torch's names. */
export type WeightSource = Uint8Array | ArrayBuffer | Blob | tf.NamedTensorMap;

export interface LoadOptions {
  /** Which part of the model gets its weights. @default 'all' */
  readonly scope?: Scope;
  /** Ends the load; the model is then as it was. */
  readonly signal?: AbortSignal;
}

/** What a load did. */
export interface LoadReport {
  /** What was read, e.g. `safetensors` or `Keras 2 HDF5 weights`. */
  readonly format: string;
  readonly scope: Scope;
  /** The model's weights that were set, as `layer/weight`. */
  readonly loaded: readonly string[];
  /** How many numbers they hold together. */
  readonly params: number;
  /** Entries of the source that the model, or the scope, had no place for. */
  readonly unused: readonly string[];
  /** SHA-256 of the bytes, in hexadecimal; absent for tensors, and where a browser has no WebCrypto. */
  readonly sha256?: string;
}

async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  // Browsers offer it on secure pages only.
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  const digest = await subtle?.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return (
    digest && [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  );
}

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

async function bytesOf(source: WeightSource): Promise<Uint8Array | undefined> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  return undefined;
}

function requireSource(source: unknown): asserts source is WeightSource {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    reject(
      'source',
      'a Uint8Array, an ArrayBuffer, a Blob or tensors by name',
      source,
      'read the file first',
    );
  }
}

/**
 * Gives a model the weights of a file, whose format its content tells: Keras 2 HDF5 (weights or model),
 * Keras 3 `.weights.h5` and `.keras`, safetensors by Keras's names, and by torchvision's or timm's for
 * variant v1.5.
 *
 * All or nothing: names, shapes and values are checked before the first weight is set, and on any error
 * the model is exactly as it was.
 *
 * @throws WeightsError where the file is damaged, or doesn't have every weight of the scope
 * @throws ArgumentError on a wrong argument
 */
export async function loadWeights(
  model: tf.LayersModel,
  source: WeightSource,
  options: LoadOptions = {},
): Promise<LoadReport> {
  requireLayersModel('model', model);
  requireOptions('options', options);
  const { scope = 'all', signal } = options;
  requireOneOf('scope', scope, SCOPES);
  requireSource(source);
  signal?.throwIfAborted();

  const bytes = await bytesOf(source);
  const file =
    bytes === undefined
      ? await readTensors(source as tf.NamedTensorMap)
      : await parseWeights(bytes);
  const hash = bytes && (await sha256(bytes));
  const { assignments, unused } = match('weights', file, model, scope);
  signal?.throwIfAborted();
  assign(assignments);

  return {
    format: file.format,
    scope,
    loaded: assignments.map(({ name }) => name),
    params: assignments.reduce((sum, { array }) => sum + array.data.length, 0),
    unused,
    ...(hash === undefined ? {} : { sha256: hash }),
  };
}
