import type { Preprocessing } from '../base/preprocess.js';
import type { Head } from '../head/head.js';
import type { ExtractProgress } from '../train/features.js';
import type { FitHeadOptions } from '../train/fit-head.js';
import type { EngineName } from './engine/engine.js';
import type { ImageError } from './images/errors.js';
import type { FolderImage } from './images/folder.js';

export interface TrainFolderOptions extends Pick<
  FitHeadOptions,
  'epochs' | 'batchSize' | 'learningRate' | 'patience' | 'classWeights' | 'callbacks'
> {
  readonly head: Head;
  /** How the base wants its pixels. */
  readonly preprocessing: Preprocessing;
  /**
   * Where the classifier is written when training has ended; one that is there stays until then. The state after each
   * epoch is kept beside it, in `<out>.checkpoint.safetensors`.
   */
  readonly out: string;
  /**
   * The share of each class that is held out for validation; see {@link readParts}.
   * @default 0.2, where the folder has no validation pictures
   */
  readonly validation?: number;
  /** Makes two runs the same. @default 0 */
  readonly seed?: number;
  /**
   * Whether to go on with a run that was broken off: one with the same pictures, base, head and options. @default false: it
   * begins anew
   */
  readonly resume?: boolean;
  /** Where features are kept. @default nowhere */
  readonly cacheFolder?: string;
  /** What runs the base; see {@link EngineName}. @default TensorFlow's graph under tfjs-node, else the layers */
  readonly engine?: EngineName;
  /** Whether a picture that can't be decoded ends it. @default false */
  readonly strict?: boolean;
  readonly onSkip?: (error: ImageError, image: FolderImage) => void;
  /** Told once where features can't be kept; they are computed all the same. */
  readonly onWarning?: (warning: Error) => void;
  /** Told of features as they are computed; see {@link extractFolder}. */
  readonly onProgress?: (progress: TrainProgress) => void;
  /**
   * Ends training after the epoch at hand; the classifier is saved all the same. Before the first epoch is done there
   * is none to save: then the signal's reason is thrown, and a classifier that is there already stays.
   */
  readonly signal?: AbortSignal;
}

/** Progress of the features of one part. */
export interface TrainProgress extends ExtractProgress {
  readonly part: 'training' | 'validation';
}
