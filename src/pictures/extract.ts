import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import { refuseOptions, reject, requireKnown } from '../errors.js';
import type { FloatFormat } from '../weights/formats/float-format.js';
import { featureFolders, type FeatureFiles } from './feature-files.js';
import { readPictures } from './read.js';
import type { FeatureOptions, PartFeatures } from './set.js';
import type { Pictures } from './types.js';
import { requireViews, type ViewName } from './views.js';

export interface ExtractOptions extends Omit<FeatureOptions, 'label' | 'views'> {
  /** Changed copies to use beside each picture; see {@link ViewName}. @default none */
  readonly views?: readonly ViewName[] | undefined;
  /** Class names, in the order of the labels. @default the pictures' labels, sorted; required for batches */
  readonly classes?: readonly string[];
  /** Whether a picture can have several labels. @default false */
  readonly multiLabel?: boolean;
}

/** Options of `extractFeatures` to write features to files. */
export interface ExtractToFolderOptions extends Omit<ExtractOptions, 'cacheFolder'> {
  /**
   * Folder to write the features to (Node only), as Parquet files of 10,000 pictures each, with `_manifest.json`; they are then never
   * in memory as a whole. Each file is written completely or not at all, and files that are there are left as they are: the same
   * call continues what was interrupted. Pictures that have changed since are not noticed.
   */
  readonly out: string | URL;
  /** Number format of the files; float16 takes half the space and keeps three digits. @default 'float32' */
  readonly dtype?: FloatFormat;
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
 * @returns features, whose tensor the caller disposes; with `out`, the same as {@link openFeatures}
 * @throws ArgumentError on an invalid argument, or if the pictures have a validation part (extract each part separately);
 *   PictureError if no file can be decoded. No tensor is left behind
 */
export async function extractFeatures(
  backbone: Backbone,
  pictures: Pictures,
  options: ExtractToFolderOptions,
): Promise<FeatureFiles>;
export async function extractFeatures(
  backbone: Backbone,
  pictures: Pictures,
  options?: ExtractOptions,
): Promise<ExtractedFeatures>;
export async function extractFeatures(
  backbone: Backbone,
  pictures: Pictures,
  options: ExtractOptions & Partial<Pick<ExtractToFolderOptions, 'out' | 'dtype'>> = {},
): Promise<ExtractedFeatures | FeatureFiles> {
  requireBackbone(backbone);
  requireKnown('options', options, {
    views: true,
    classes: true,
    out: true,
    dtype: true,
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
  const { classes: named, multiLabel, out, dtype, cacheFolder, ...others } = options;
  const folders =
    out === undefined ? undefined : featureFolders.require('out', 'none in a browser', out);
  if (folders) refuseOptions({ cacheFolder }, 'with out');
  else refuseOptions({ dtype }, 'without out');
  requireViews(options.views);
  const set = await readPictures(pictures, {
    ...{ classes: named, validation: 'none', multiLabel },
  });
  const { classes, train } = set;
  const all = { ...others, label: 'features' } as const;
  if (!folders || out === undefined) {
    return { ...(await train.features(backbone, { ...all, cacheFolder })), classes };
  }
  if (train.files === undefined) {
    reject('out', 'none for pictures that are not files', String(out), 'pass paths of pictures');
  }
  return folders.write(out, backbone, set, { ...all, dtype: dtype ?? 'float32' });
}
