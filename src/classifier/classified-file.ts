import type { EvaluateOptions } from './evaluation.js';
import type { Classification, ClassifyOptions } from './types.js';

/** Options of `classifyFiles`: those of `classify`, and how files are read. */
export interface ClassifyFilesOptions extends ClassifyOptions, Omit<EvaluateOptions, 'all'> {
  /**
   * Folder to cache features in, so that the backbone processes each picture only once. It is the same cache as in training. Only
   * for a classifier of which it is known where its backbone ends.
   * @default none
   */
  readonly cacheFolder?: string | URL;
}

/** The classes of a picture file. */
export interface ClassifiedFile {
  readonly path: string;
  /** As in a `Recognition`; only with `familiarity: true`. */
  readonly familiarity?: number;
  /** As `classify` returns them. */
  readonly classes: readonly Classification[];
}
