import type { Backbone } from '../backbone/backbone.js';
import { nodeOnly } from '../node-only.js';
import type { StoredFeatures } from '../train/features.js';
import type { FloatFormat } from '../weights/formats/float-format.js';
import type { FeatureOptions, PictureSet } from './set.js';

/** Features in a folder that `extractFeatures` wrote. Only the labels are in memory. */
export interface FeatureFiles extends StoredFeatures {
  /** Class names, in the order of the labels. */
  readonly classes: readonly string[];
}

/** Reads and writes folders of features. */
export const featureFolders = nodeOnly<{
  open(folder: string | URL): Promise<FeatureFiles>;
  write(
    folder: string | URL,
    backbone: Backbone,
    pictures: Pick<PictureSet, 'classes' | 'train'>,
    options: Omit<FeatureOptions, 'cacheFolder'> & { readonly dtype: FloatFormat },
  ): Promise<FeatureFiles>;
}>();

/**
 * Opens features that {@link extractFeatures} wrote to a folder (Node only), for {@link fitHead},
 * {@link trainClassifier} and {@link Classifier.evaluate}. They are read when they are
 * needed, and up to 512 MB of them stay in memory, so training takes hardly more memory for many than for few (docs/training.md).
 *
 * Reading throws if a file was replaced or changed since.
 *
 * @throws ArgumentError if the folder is missing or incomplete, or a file is damaged
 */
export async function openFeatures(folder: string | URL): Promise<FeatureFiles> {
  return featureFolders.require('folder', 'features in memory in a browser', folder).open(folder);
}
