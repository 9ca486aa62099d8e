import { WeightsError } from '../errors.js';

/** Most bytes of numbers, in multiples of the file's size. F16 takes twice its size; Keras doesn't compress. */
const MAX_EXPANSION = 4;
/** Allowed for every file in addition, however small it is. */
const FREE_BYTES = 32 * 2 ** 20;
/** Chunks allowed for every file, and bytes of the file for each further chunk. h5py writes chunks of 16 kB or more. */
const FREE_CHUNKS = 2000;
const CHUNK_BYTES = 8192;

/**
 * Limits the memory and work for the numbers of one file, whatever sizes the file claims.
 *
 * Reading a file within its allowance takes at most ten times its size plus 500 MB: the bytes, the numbers, and a copy of the
 * numbers.
 */
export class Allowance {
  private bytes: number;
  private chunks: number;

  /** @param subject subject of the error message */
  constructor(
    private readonly fileBytes: number,
    private readonly subject = 'weights',
  ) {
    this.bytes = MAX_EXPANSION * fileBytes + FREE_BYTES;
    this.chunks = FREE_CHUNKS + fileBytes / CHUNK_BYTES;
  }

  /** Called before bytes are allocated. */
  take(bytes: number): void {
    this.bytes -= bytes;
    // Also where the size is NaN.
    if (!(this.bytes >= 0)) {
      throw new WeightsError(
        `${this.subject}: expected arrays of at most ${MAX_EXPANSION} times the file's ${this.fileBytes} bytes, got more; ` +
          'the file is damaged or malicious',
      );
    }
  }

  /** Called before chunks are read: unpacking takes time even for small ones. */
  takeChunks(count: number): void {
    this.chunks -= count;
    if (!(this.chunks >= 0)) {
      throw new WeightsError(
        'weights: expected chunks of several kilobytes, got too many smaller ones; save the weights without chunks',
      );
    }
  }
}
