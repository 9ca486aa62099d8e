import type { InputSize } from '../backbone/backbone.js';
import { nodeOnly } from '../node-only.js';
import type { PictureSet, ReadOptions, WholeOptions, WholePart } from './set.js';
import type { LabelledPicture } from './types.js';

/** Where pictures are, by the paths of a folder, of a `.csv` file, or of each. */
export type FileSource = string | URL | readonly LabelledPicture[];

/** Pictures in files. */
export const pictureFiles = nodeOnly<{
  readPictures(source: FileSource, options: ReadOptions): Promise<PictureSet>;
  readPart(
    source: FileSource,
    classes: readonly string[],
    options?: WholeOptions,
  ): Promise<WholePart>;
  /** Red, green and blue from 0 to 255 of a picture's file, or of its bytes, at a size. */
  decode(source: string | URL | Uint8Array, size: InputSize): Promise<Uint8Array>;
}>();
