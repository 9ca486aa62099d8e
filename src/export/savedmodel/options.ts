import type { InputSize } from '../../backbone/backbone.js';
import type { Preprocessing } from '../../base/preprocess.js';

export interface SavedModelOptions {
  /**
   * What the model is fed:
   *
   * - `'tensor'`: what the layers model takes, floats `[n, h, w, c]`, preprocessed, as `images`
   * - `'pixels'`: pictures of any size, all of one batch of the same, uint8 `[n, h, w, 3]`, as `pixels`
   * - `'jpeg'`: the bytes of one JPEG or PNG, a string `[1]`, as `jpeg`
   *
   * @default 'tensor'
   */
  readonly input?: 'tensor' | 'pixels' | 'jpeg';
  /** How the base wants its pixels; needed with `'pixels'` and `'jpeg'`, and left aside otherwise. */
  readonly preprocessing?: Preprocessing;
  /** Height and width that pictures are brought to. @default the model's own */
  readonly inputSize?: InputSize;
  /** Names, in the order of the scores, for `assets.extra/classes.txt`. @default none, and no file */
  readonly classes?: readonly string[];
  /** Writes to a subfolder of this name, as TF Serving wants it. @default none, but to the folder itself */
  readonly modelVersion?: number;
}

export type SavedModelInput = NonNullable<SavedModelOptions['input']>;
