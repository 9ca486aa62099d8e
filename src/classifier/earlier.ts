import type * as tf from '@tensorflow/tfjs';
import type { Head } from '../head/head.js';
import type { LabelledFile } from '../pictures/types.js';

/** A classifier on whose pictures another one is trained. */
export interface Earlier {
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  /** How many pictures each class had. */
  readonly counts: readonly number[];
  /** What was excluded from training, as in a `PictureRecord`. */
  readonly excluded: string | undefined;
  /** The later one's: with the same layers, for its classes. */
  readonly head: Head;
  /** How many of its pictures are taken from the cache. */
  readonly cached: number;
  /** Throws if the files that it was read from have been replaced meanwhile by others, which would be overwritten. */
  readonly requireUnchanged?: () => Promise<void>;
  /** Whether a picture was held out when it was trained, with the label that it has now. */
  readonly isComparable: (file: LabelledFile) => boolean;
}
