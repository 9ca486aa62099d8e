import type { Pictures } from '../../pictures/types.js';
import type { Progress } from '../../progress.js';

/** Options of {@link quantize}. */
export interface QuantizeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called for each picture that is skipped because it can't be decoded. */
  readonly onWarning?: (warning: Error) => void;
}

/** How a model is quantised to int8. */
export interface Int8Options extends QuantizeOptions {
  /**
   * Pictures like those that the model will see. Up to 64 of them, drawn with a fixed seed, give the range of numbers of each layer; their labels don't
   * matter. Of a folder that is split, training pictures are used.
   */
  readonly pictures: Pictures;
}
