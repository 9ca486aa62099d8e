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

/** What {@link loadWeights} loaded. */
export interface LoadReport {
  /** The URL or path, or `weights` for bytes and tensors. */
  readonly source: string;
  /** Where the bytes came from; `cache` holds earlier downloads. */
  readonly from: 'network' | 'cache' | 'disk' | 'memory';
  /** The format, e.g. `safetensors` or `Keras 2 HDF5 weights`. */
  readonly format: string;
  readonly scope: Scope;
  /** Names of the weights that were set, as `layer/weight`. */
  readonly loaded: readonly string[];
  /** Number of parameters that were set. */
  readonly params: number;
  /** Entries of the source that are not in the model, or not in the scope. */
  readonly unused: readonly string[];
  /** SHA-256 of the bytes, in hexadecimal; absent for tensors and for several files with an index. */
  readonly sha256?: string;
  /** The expected hash, if one was given or published. */
  readonly verified?: Integrity;
  /** How to scale pixels for these weights, if they were loaded by name; see {@link preprocess}. */
  readonly preprocessing?: Preprocessing;
}

/**
 * Loads trained weights into a model, by name (`await loadWeights(model, 'imagenet')`), from a URL, from a file's bytes, or in Node
 * from a path. The format is detected from the content: Keras 2 HDF5 (weights or model), Keras 3 `.weights.h5` and `.keras`, and
 * safetensors, in one file or several. Weights are matched by Keras's names, and for variant v1.5 also by torchvision's or timm's.
 *
 * Names, shapes and values are checked before the first weight is set: on any error the model is unchanged.
 *
 * @throws WeightsError if the file is damaged, or lacks a weight of the scope
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

  // Imported on demand, with the parsers: a page that only predicts doesn't need them.
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
