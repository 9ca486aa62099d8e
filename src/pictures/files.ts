import type { Backbone, InputSize } from '../backbone/backbone.js';
import { nodeOnly } from '../node-only.js';
import type { RowChunk } from './chunks.js';
import type { Extraction, RowOptions } from './rows.js';
import type { FeatureOptions, PictureSet, ReadOptions, WholeOptions, WholePart } from './set.js';
import type { LabelledFile, LabelledPicture } from './types.js';

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
  /** Lists picture files, and those in folders. */
  list(sources: readonly unknown[], signal: AbortSignal | undefined): Promise<readonly string[]>;
  /** Finds pictures whose features are cached, by the beginning of their SHA-256. */
  cached(
    backbone: Backbone,
    options: Omit<FeatureOptions, 'label' | 'onProgress'>,
    beginnings: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly sha256: string; readonly path: string }>>;
  /** Computes values of picture files, some files at a time. */
  rows(
    extraction: Extraction,
    files: readonly LabelledFile[],
    options: RowOptions,
    chunkOf: (values: number) => number,
  ): AsyncGenerator<RowChunk>;
  /** Decodes a picture's file or bytes to a size, RGB from 0 to 255. */
  decode(source: string | URL | Uint8Array, size: InputSize): Promise<Uint8Array>;
  /** Decodes it to a size that depends on its own, upright. */
  decodeWhole(
    source: string | URL | Uint8Array,
    sizeOf: (own: InputSize) => InputSize,
  ): Promise<{ readonly size: InputSize; readonly pixels: Uint8Array }>;
}>();
