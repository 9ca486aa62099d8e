import type { EngineName } from '../engine/names.js';
import type { Shape } from '../layers/factory.js';
import type { LabelledFile } from './types.js';

/** The values of consecutive files. */
export interface RowChunk {
  /** Those of {@link RowChunk.files}, one after the other; of each its own, then those of its views. */
  readonly data: Float32Array;
  /** How many images each file gives: itself and its views. */
  readonly views: number;
  /** Those that could be decoded. */
  readonly files: readonly LabelledFile[];
  /** How many of them were computed; the values of the others came from the cache. */
  readonly computed: number;
  /** What computed them; undefined if all values so far came from the cache. */
  readonly engine: EngineName | undefined;
}

/** Features of consecutive files. */
export interface FeatureChunk extends RowChunk {
  /** Shape of the features of one image. */
  readonly shape: Shape;
  /** Shape of the base's feature map before any pooling. */
  readonly featureShape: Shape;
}
