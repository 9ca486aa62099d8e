import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import { requireKnown, requireOneOf } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import type { Scope } from '../model/seam.js';
import { assign } from './assign.js';
import type { Integrity } from './download/integrity.js';
import { FETCH_NAMES } from './option-names.js';
import { SCOPES } from './save.js';
import type { LoadOptions, WeightSource } from './source.js';

/** What a load did. */
export interface LoadReport {
  /** The URL or path, or `weights` for bytes and tensors. */
  readonly source: string;
  /** Where the bytes were; `cache` is what an earlier download left. */
  readonly from: 'network' | 'cache' | 'disk' | 'memory';
  /** What was read, e.g. `safetensors` or `Keras 2 HDF5 weights`. */
  readonly format: string;
  readonly scope: Scope;
  /** The model's weights that were set, as `layer/weight`. */
  readonly loaded: readonly string[];
  /** How many numbers they hold together. */
  readonly params: number;
  /** Entries of the source that the model, or the scope, had no place for. */
  readonly unused: readonly string[];
  /** SHA-256 of the bytes, in hexadecimal; absent for tensors and for several files with an index. */
  readonly sha256?: string;
  /** The hash that was asked for, and found. */
  readonly verified?: Integrity;
  /** How to scale pictures for these weights, where they were loaded by name; see `preprocess`. */
  readonly preprocessing?: Preprocessing;
}

/**
 * Gives a model trained weights: `await loadWeights(model, 'imagenet')`, a URL, or a file's bytes. What
 * the file is, its content tells: Keras 2 HDF5 (weights or model), Keras 3 `.weights.h5` and `.keras`,
 * safetensors, in one file or several, by Keras's names, and by torchvision's or timm's for variant v1.5.
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
  requireKnown('options', options, { ...FETCH_NAMES, scope: true });
  const { signal } = options;
  if (options.scope !== undefined) requireOneOf('scope', options.scope, SCOPES);
  signal?.throwIfAborted();

  // Loaded when it is needed, as are the parsers behind it: a page that only predicts has no use for them.
  const [{ readSource }, { match }] = await Promise.all([
    import('./source.js'),
    import('./match.js'),
  ]);
  const { name, from, scope, file, ...facts } = await readSource(model, source, options);
  const { assignments, unused } = match(name, file, model, scope);
  signal?.throwIfAborted();
  assign(assignments);

  return {
    source: name,
    from,
    format: file.format,
    scope,
    loaded: assignments.map((assignment) => assignment.name),
    params: assignments.reduce((sum, { array }) => sum + array.data.length, 0),
    unused,
    ...facts,
  };
}
