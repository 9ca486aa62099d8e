import { WeightsError } from '../errors.js';

/** How many times its own size a file's numbers may take. F16 doubles; Keras compresses nothing. */
const MAX_EXPANSION = 4;
/** What any file may take beyond that, however small it is. */
const FREE_BYTES = 32 * 2 ** 20;
/** How many chunks any file may have, and how much of it each takes beyond that: h5py makes them of 16 kB or more. */
const FREE_CHUNKS = 2000;
const CHUNK_BYTES = 8192;

/**
 * What the numbers of one file may cost, whatever the file says of their size.
 *
 * A file that is within its allowance is read in at most ten times its size and 500 MB: its bytes, its
 * numbers, and a copy of them.
 */
export class Allowance {
  private bytes: number;
  private chunks: number;

  constructor(private readonly fileBytes: number) {
    this.bytes = MAX_EXPANSION * fileBytes + FREE_BYTES;
    this.chunks = FREE_CHUNKS + fileBytes / CHUNK_BYTES;
  }

  /** Asked before so many bytes are allocated. */
  take(bytes: number): void {
    this.bytes -= bytes;
    // Also where the size is NaN.
    if (!(this.bytes >= 0)) {
      throw new WeightsError(
        `weights: expected numbers of at most ${MAX_EXPANSION} times the file's ${this.fileBytes} bytes, got more; ` +
          'the file is damaged, or made to fill the memory',
      );
    }
  }

  /** Asked before so many chunks are looked for: one takes a while to unpack even where it is small. */
  takeChunks(count: number): void {
    this.chunks -= count;
    if (!(this.chunks >= 0)) {
      throw new WeightsError(
        'weights: expected chunks of some kilobytes, got too many smaller ones; save the weights without chunks',
      );
    }
  }
}
