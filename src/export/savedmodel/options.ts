import type { Preprocessing } from '../../base/preprocess.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';

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
  readonly inputSize?: readonly [height: number, width: number];
  /**
   * Whether the graph reads the weights from a checkpoint in `variables/` instead of containing them. It then loads several times faster
   * and takes a third of the memory. On x86 processors TensorFlow rearranges variables in each call, so that one picture takes 1.2 to 1.4 times as long, and a batch of 8 no longer.
   *
   * @default false for float32, true for float16
   */
  readonly variables?: boolean;
  /**
   * Number format of the kernels in the checkpoint; float16 halves it and keeps three digits. They are converted to float32 when
   * the SavedModel is loaded. float16 requires variables. @default 'float32'
   */
  readonly dtype?: FloatFormat;
  /** Class names in the order of the scores, written to `assets.extra/classes.txt`. @default no such file */
  readonly classes?: readonly string[];
  /** Writes to a subfolder with this number as its name, as TF Serving expects. @default no subfolder */
  readonly modelVersion?: number;
}

export type SavedModelInput = NonNullable<SavedModelOptions['input']>;
