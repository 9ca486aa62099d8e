import type * as tf from '@tensorflow/tfjs';
import { reject } from '../../errors.js';
import { isObject } from '../../json.js';
import { volume } from '../../layers/cost/layer-cost.js';
import { MAX_BYTES } from '../../weights/download/arrival.js';

/** Bytes per value as TensorFlow.js stores it. Strings have no fixed size, and no layer has a string as weight. */
const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Weights that are stored one after another in files. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly specs: readonly tf.io.WeightsManifestEntry[];
  /** Size of all its files together, according to the specs. */
  readonly bytes: number;
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0);

/** Number of values in all weights of a manifest. */
export const countNumbers = (groups: readonly WeightGroup[]): number =>
  groups.flatMap(({ specs }) => specs).reduce((sum, { shape }) => sum + volume(shape), 0);

/**
 * Checks the weights manifest of a `model.json`.
 *
 * @param name of the file, for error messages
 * @throws ArgumentError if it is missing or invalid
 */
export function requireManifest(name: string, manifest: unknown): WeightGroup[] {
  const fail = (got: unknown): never =>
    reject(name, 'a weightsManifest of paths and weights', got, 'save the model again');
  const seen = new Set<string>();
  const bytesOf = (spec: unknown): number => {
    const { name: weight, shape, dtype, quantization } = isObject(spec) ? spec : {};
    const stored: unknown = isObject(quantization) ? quantization['dtype'] : dtype;
    const each = BYTES[String(stored)];
    if (typeof weight !== 'string' || !isShape(shape) || each === undefined) {
      return fail(spec);
    }
    if (seen.has(weight)) reject(name, 'each weight once', weight, 'save the model again');
    seen.add(weight);
    return volume(shape) * each;
  };
  if (!Array.isArray(manifest)) return fail(manifest);
  const groups = manifest.map((group: unknown): WeightGroup => {
    const { paths, weights } = isObject(group) ? group : {};
    if (
      !Array.isArray(paths) ||
      !paths.every((path): path is string => typeof path === 'string') ||
      !Array.isArray(weights)
    ) {
      return fail(group);
    }
    const bytes = weights.reduce<number>((sum, spec) => sum + bytesOf(spec), 0);
    return { paths, specs: weights as tf.io.WeightsManifestEntry[], bytes };
  });
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
  if (!(bytes <= MAX_BYTES)) {
    reject(name, `weights of at most ${MAX_BYTES} bytes`, bytes, 'save the model again');
  }
  return groups;
}
