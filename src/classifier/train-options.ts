import type { EngineName } from '../engines.js';
import type { HeadSpec } from '../head/spec.js';
import type { Pictures } from '../pictures/types.js';
import type { Progress } from '../progress.js';
import type { FitHeadOptions } from '../train/fit-head.js';

/** How a classifier is trained. */
export interface TrainOptions extends Omit<FitHeadOptions, 'validation'> {
  /** `'pooled'`, `'flattened'` or `'dense'`, one of them with its options, or a recipe. @default 'pooled' */
  readonly head?: HeadSpec;
  /** Names, in the order of the scores. @default those of the pictures, sorted; batches have none */
  readonly classes?: readonly string[];
  /**
   * The share of each class that is held out, 0 for none, or pictures to validate on.
   * @default 0.2, where the pictures have no part for it
   */
  readonly validation?: number | Pictures;
  /**
   * A folder that the classifier is saved to when training has ended, in Node; one that is there stays until then. The
   * state after each epoch is kept beside it, in `<out>.checkpoint.safetensors`. @default none
   */
  readonly out?: string | URL;
  /** Whether to continue an interrupted run to `out`: one with the same pictures, backbone, head and options. @default false */
  readonly resume?: boolean;
  /** A folder in Node that features of files are kept in, so that a picture is computed once. @default none */
  readonly cacheFolder?: string | URL;
  /** What runs the backbone over files; see {@link EngineName}. @default TensorFlow's graph under tfjs-node, otherwise the layers */
  readonly engine?: EngineName;
  /** Whether a picture that can't be decoded ends it, rather than being left out. @default false */
  readonly strict?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Told of each picture that is left out as it can't be decoded, and of features that can't be kept. */
  readonly onWarning?: (warning: Error) => void;
}
