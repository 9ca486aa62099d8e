import type { InputSize } from '../../backbone/backbone.js';
import type { Preprocessing } from '../../base/preprocess.js';

export interface SavedModelOptions {
  /**
   * The input of the SavedModel:
   *
   * - `'tensor'`: preprocessed images, float32 `[n, h, w, c]`, under the key `images`
   * - `'pixels'`: pictures of any size, the same within a batch, uint8 `[n, h, w, 3]`, under the key `pixels`; the graph crops, resizes and scales them
   * - `'jpeg'`: the bytes of one JPEG or PNG, a string tensor `[1]`, under the key `jpeg`; the graph decodes it, too
   *
   * @default 'tensor'
   */
  readonly input?: 'tensor' | 'pixels' | 'jpeg';
  /** How the backbone expects pixels to be scaled. Required with `'pixels'` and `'jpeg'`, otherwise ignored. */
  readonly preprocessing?: Preprocessing;
  /** `[height, width]` to which pictures are resized. @default the model's */
  readonly inputSize?: InputSize;
  /** Class names in the order of the scores, written to `assets.extra/classes.txt`. @default no such file */
  readonly classes?: readonly string[];
  /** Writes to a subfolder with this number as its name, as TF Serving expects. @default no subfolder */
  readonly modelVersion?: number;
}

export type SavedModelInput = NonNullable<SavedModelOptions['input']>;
