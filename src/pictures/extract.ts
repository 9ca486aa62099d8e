import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import { requireKnown } from '../errors.js';
import { readPictures } from './read.js';
import type { FeatureOptions, PartFeatures } from './set.js';
import type { Pictures } from './types.js';

export interface ExtractOptions extends Omit<FeatureOptions, 'label'> {
  /** Names, in the order of the labels. @default those of the pictures, sorted; batches have none */
  readonly classes?: readonly string[];
}

/** Features with the names of their classes. */
export interface ExtractedFeatures extends PartFeatures {
  readonly classes: readonly string[];
}

/**
 * Runs a frozen backbone over pictures once, to train heads on what it makes of them. Only one batch of pictures is in
 * memory at a time.
 *
 * Where the backbone has BatchNorms that fold into its convolutions, a copy without them runs in its place: features then
 * differ from the backbone's own by rounding, some 1e-6 of the largest.
 *
 * @returns features, whose tensor is the caller's to dispose
 * @throws ArgumentError on a wrong argument, and where the pictures have a part to validate on: extract each part by itself;
 *   PictureError where no file can be decoded. No tensor is left behind
 */
export async function extractFeatures(
  backbone: Backbone,
  pictures: Pictures,
  options: ExtractOptions = {},
): Promise<ExtractedFeatures> {
  requireBackbone(backbone);
  requireKnown('options', options, {
    classes: true,
    head: true,
    batchSize: true,
    strict: true,
    cacheFolder: true,
    engine: true,
    signal: true,
    onProgress: true,
    onWarning: true,
  });
  const { classes: named, ...others } = options;
  const { classes, train } = await readPictures(pictures, { classes: named, validation: 'none' });
  return { ...(await train.features(backbone, { ...others, label: 'features' })), classes };
}
