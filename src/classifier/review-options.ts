import type { EngineName } from '../engine/names.js';
import type { ViewName } from '../pictures/views.js';
import type { Progress } from '../progress.js';

/** Options of `reviewLabels`. */
export interface ReviewOptions {
  /** Class names. @default the pictures' labels, sorted; required for batches */
  readonly classes?: readonly string[];
  /** Folder to cache features in, so that each picture file is computed only once (Node only). @default none */
  readonly cacheFolder?: string | URL;
  /** The library that runs the backbone. @default the fastest that is installed; see {@link EngineName} */
  readonly engine?: EngineName;
  /** Strength of the L2 penalty. @default chosen by cross-validation */
  readonly l2?: number;
  /** Changed copies of each picture to train on beside it: see {@link ViewName}. @default none */
  readonly views?: readonly ViewName[];
  /** An integer that determines the folds of cross-validation. @default 0 */
  readonly seed?: number;
  /** Whether to throw on a picture that can't be decoded, rather than skip it. @default false */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Called for each picture that is skipped because it can't be decoded, for each class with a single picture, and if features
   * can't be cached.
   */
  readonly onWarning?: (warning: Error) => void;
}

/** A picture whose label is probably wrong. */
export interface SuspiciousLabel {
  /** The path of its file; undefined if it is in memory. */
  readonly path: string | undefined;
  /** Its index in the list or in the batches; undefined if it is a file. */
  readonly index: number | undefined;
  readonly label: string;
  /** The likeliest class. */
  readonly suggested: string;
  /** Probability of its label, by a head that was not trained on it. */
  readonly probability: number;
  /** Probability of the likeliest class. */
  readonly suggestedProbability: number;
}

/** The result of `reviewLabels`. */
export interface LabelReview {
  /** How many pictures were reviewed. */
  readonly pictures: number;
  /** The least probable label first. */
  readonly suspicious: readonly SuspiciousLabel[];
  /** Paths of pictures that are in two or more classes, one list per picture; they are not reviewed. */
  readonly ambiguous: readonly (readonly string[])[];
  /** How many pictures the backbone processed; the features of the others came from the cache. */
  readonly computed: number;
  /** The library that ran the backbone; undefined if all features came from the cache. */
  readonly engine: EngineName | undefined;
}
