import type { EngineName } from '../engine/names.js';
import type { HeadSpec } from '../head/spec.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import type { Pictures } from '../pictures/types.js';
import type { ViewName } from '../pictures/views.js';
import type { Progress } from '../progress.js';
import type { FitHeadOptions } from '../train/fit-options.js';
import type { Classifier } from './types.js';

/** Options of `trainClassifier`. */
export interface TrainOptions extends Omit<FitHeadOptions, 'validation'> {
  /**
   * A classifier to add pictures or classes to (Node only): it is trained again on its own pictures and on these, and stays as it is.
   * The features of its pictures are read from `cacheFolder`, unless the pictures are among these. Held-out pictures stay held out. The
   * backbone must be `from.backbone`; the head has the same layers, and new classes come after the old ones. Only a classifier of picture
   * files with one label each can be passed. @default none
   */
  readonly from?: Classifier;
  /** `'pooled'`, `'flattened'` or `'dense'`, one of them with options, or a head such as `pooledHead()`. @default 'pooled' */
  readonly head?: HeadSpec;
  /** Class names, in the order of the scores. @default the pictures' labels, sorted; required for batches */
  readonly classes?: readonly string[];
  /**
   * Whether a picture can have several labels, or none. The head then ends in a sigmoid for each class, and for each class a
   * threshold is chosen on the validation pictures. A picture that is in several class folders has all these labels.
   * @default false; features know it by themselves
   */
  readonly multiLabel?: boolean;
  /**
   * Fraction of each class to hold out (0 for none), or pictures to validate on, or their features.
   * @default 0.2, unless the pictures have a validation part
   */
  readonly validation?: number | Pictures | FeatureFiles;
  /** Paths of picture files to leave out, such as those that `reviewLabels` finds. @default none */
  readonly exclude?: readonly (string | URL)[];
  /**
   * Folder to save the classifier to after training (Node only); a classifier that is already there stays until then. Adam's
   * state after each epoch is kept in `<out>.checkpoint.safetensors`.
   * @default none
   */
  readonly out?: string | URL;
  /** Whether to resume an interrupted run of Adam to `out`, with the same pictures, backbone, head and options. @default false */
  readonly resume?: boolean;
  /** Folder to cache features in, so that each picture file is computed only once (Node only). @default none */
  readonly cacheFolder?: string | URL;
  /** The library that runs the backbone. @default the fastest that is installed; see {@link EngineName} */
  readonly engine?: EngineName;
  /**
   * Changed copies of each training picture to train on beside it: see {@link ViewName}. The features of each take as long to
   * compute and as much memory as those of a picture. Validation pictures have none. @default none
   */
  readonly views?: readonly ViewName[];
  /** Whether to throw on a picture that can't be decoded, rather than skip it. @default false */
  readonly strict?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Called for each picture that is skipped because it can't be decoded, and if features can't be cached. */
  readonly onWarning?: (warning: Error) => void;
}
