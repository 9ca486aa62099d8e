import type { InputSize } from '../backbone/backbone.js';
import { reject } from '../errors.js';
import { isStored, type StoredFeatures } from '../train/features.js';
import type { FeatureFiles } from './feature-files.js';
import { readPart, readPictures } from './read.js';
import type { PictureSet, ReadOptions, WholeOptions, WholePart } from './set.js';
import type { Pictures } from './types.js';

/** What `openFeatures` returns, with what this package's code needs of it. */
export interface OpenedFeatures extends FeatureFiles {
  /** What computed the features. */
  readonly backbone: { readonly name?: string; readonly inputSize: InputSize };
  /** Finds the pictures that the features are of, and splits them as `readPictures` does. */
  readSet(options: ReadOptions): Promise<PictureSet>;
  /** As `readPart`. */
  readPart(classes: readonly string[], options?: WholeOptions): Promise<WholePart>;
}

/** Whether these are features, and not pictures; streams have a `read` as well. */
export const areFeatures = (value: unknown): value is StoredFeatures =>
  isStored(value) && 'labels' in value;

/** @throws ArgumentError if they don't come from `openFeatures` */
function opened(subject: string, features: StoredFeatures): OpenedFeatures {
  if ('readSet' in features) return features as OpenedFeatures;
  reject(subject, 'features from openFeatures()', features, 'fitHead() takes others');
}

/** Reads pictures, or the features of pictures, to train on. */
export const readSet = (
  from: Pictures | FeatureFiles,
  options: ReadOptions,
): Promise<PictureSet> =>
  areFeatures(from) ? opened('pictures', from).readSet(options) : readPictures(from, options);

/** Reads pictures, or the features of pictures, to measure a classifier on. */
export const readWhole = (
  subject: string,
  from: Pictures | FeatureFiles,
  classes: readonly string[],
  options?: WholeOptions,
): Promise<WholePart> =>
  areFeatures(from)
    ? opened(subject, from).readPart(classes, options)
    : readPart(from, classes, options);
