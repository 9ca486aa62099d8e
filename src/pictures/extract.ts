import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import { requireKnown } from '../errors.js';
import { readPictures } from './read.js';
import type { FeatureOptions, PartFeatures } from './set.js';
import type { Pictures } from './types.js';

export interface ExtractOptions extends Omit<FeatureOptions, 'label'> {
  /** Class names, in the order of the labels. @default the pictures' labels, sorted; required for batches */
  readonly classes?: readonly string[];
  /** Whether a picture can have several labels. @default false */
  readonly multiLabel?: boolean;
}

/** Features with their class names. */
export interface ExtractedFeatures extends PartFeatures {
  readonly classes: readonly string[];
}

/**
 * Computes the features of pictures with a frozen backbone, to train heads on them. Only one batch of pictures is in memory at a
 * time.
 *
 * A copy is run whose BatchNorms are folded into the convolutions before them: features then differ from the backbone's own by
 * rounding, about 1e-6 of the largest.
 *
 * @returns features, whose tensor the caller disposes
 * @throws ArgumentError on an invalid argument, or if the pictures have a validation part (extract each part separately);
 *   PictureError if no file can be decoded. No tensor is left behind
 */
export async function extractFeatures(
  backbone: Backbone,
  pictures: Pictures,
  options: ExtractOptions = {},
): Promise<ExtractedFeatures> {
  requireBackbone(backbone);
  requireKnown('options', options, {
    classes: true,
    multiLabel: true,
    head: true,
    batchSize: true,
    strict: true,
    cacheFolder: true,
    engine: true,
    signal: true,
    onProgress: true,
    onWarning: true,
  });
  const { classes: named, multiLabel, ...others } = options;
  const read = { classes: named, validation: 'none', multiLabel } as const;
  const { classes, train } = await readPictures(pictures, read);
  return { ...(await train.features(backbone, { ...others, label: 'features' })), classes };
}
