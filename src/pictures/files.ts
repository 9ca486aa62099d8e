import type { InputSize } from '../backbone/backbone.js';
import { nodeOnly } from '../node-only.js';
import type { PictureSet, ReadOptions, WholeOptions, WholePart } from './set.js';
import type { LabelledPicture } from './types.js';

/** The path of a folder or of a `.csv` file, or a list with the path of each picture. */
export type FileSource = string | URL | readonly LabelledPicture[];

/** Reads pictures from files. */
export const pictureFiles = nodeOnly<{
  readPictures(source: FileSource, options: ReadOptions): Promise<PictureSet>;
  readPart(
    source: FileSource,
    classes: readonly string[],
    options?: WholeOptions,
  ): Promise<WholePart>;
  /** Decodes a picture's file or bytes to a size, RGB from 0 to 255. */
  decode(source: string | URL | Uint8Array, size: InputSize): Promise<Uint8Array>;
}>();
