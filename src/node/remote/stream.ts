import { setMaxListeners } from 'node:events';
import { PassingFailure } from '../../weights/download/arrival.js';
import { pause } from '../../weights/download/transfer.js';
import { isBucketAddress } from './address.js';
import { NetworkError } from './network-error.js';
import type { Opened, Piece } from './piece.js';
import { RETRIES, RETRY_DELAY_MS, TIMEOUT_MS } from './timing.js';

type Open = (address: string, piece: Piece, signal: AbortSignal) => Promise<Opened>;

const openerOf = async (address: string): Promise<Open> =>
  isBucketAddress(address)
    ? (await import('./s3-read.js')).openObject
    : (await import('./web.js')).openWeb;

export interface StreamOptions extends Partial<Piece> {
  readonly signal?: AbortSignal | undefined;
}

/** The reading of one file, over one or more connections. */
class Reading {
  private at: number;
  private validator: string | undefined;
  private end: number | undefined;

  constructor(
    private readonly address: string,
    private readonly open: Open,
    private readonly options: StreamOptions,
  ) {
    this.at = options.from ?? 0;
    this.validator = options.validator;
  }

  async *run(): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.options;
    // Sixteen files are read at a time; Node takes over ten listeners for a leak.
    if (signal) setMaxListeners(0, signal);
    for (let attempt = 0; ; attempt++) {
      const before = this.at;
      try {
        yield* this.connect();
        return;
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        // A slow connection may break often.
        if (this.at > before) attempt = 0;
        if (attempt >= RETRIES) {
          throw new NetworkError(
            `${this.address}: expected the file within ${RETRIES + 1} tries, got ${error.message} on the last one; check the connection, and run the same command again`,
            { cause: error },
          );
        }
      }
      // With jitter, so that many workers don't all ask again at once.
      const milliseconds = RETRY_DELAY_MS * 2 ** attempt * (0.5 + Math.random() / 2);
      await pause(milliseconds, this.options.signal);
    }
  }

  /** Reads on, over one connection. */
  private async *connect(): AsyncGenerator<Uint8Array, void, undefined> {
    const { address, options } = this;
    const { signal, to } = options;
    signal?.throwIfAborted();
    const ending = new AbortController();
    const stop = () => {
      ending.abort();
    };
    signal?.addEventListener('abort', stop);
    // Covers the network only, not the time that the reader takes between two pieces.
    const waitFor = async <T>(work: Promise<T>): Promise<T> => {
      const timer = setTimeout(stop, TIMEOUT_MS);
      const requireTime = (cause?: unknown) => {
        signal?.throwIfAborted();
        if (!ending.signal.aborted) return;
        throw new PassingFailure(`nothing for ${TIMEOUT_MS / 1000} seconds`, { cause });
      };
      try {
        const result = await work;
        requireTime();
        return result;
      } catch (cause) {
        requireTime(cause);
        throw cause;
      } finally {
        clearTimeout(timer);
      }
    };
    try {
      const { at: from, validator } = this;
      const opened = await waitFor(this.open(address, { from, to, validator }, ending.signal));
      this.accept(opened);
      let skip = from - opened.from;
      const body = toIterator(opened.body);
      for (;;) {
        const { done, value } = await waitFor(
          body.next().catch((cause: unknown) => {
            throw new PassingFailure(this.progress(), { cause });
          }),
        );
        if (done === true) break;
        const bytes = value.subarray(Math.min(skip, value.length));
        skip -= value.length - bytes.length;
        this.at += bytes.length;
        if (bytes.length > 0) yield bytes;
      }
      if (this.end !== undefined && this.at < this.end) throw new PassingFailure(this.progress());
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  private progress(): string {
    return this.end === undefined
      ? `a broken connection after ${this.at} bytes`
      : `${this.at} of ${this.end} bytes`;
  }

  /** Takes note of a part, which must be of the same file as those before. */
  private accept({ validator, total, from }: Opened): void {
    const isFirst = this.end === undefined && this.validator === undefined;
    const isSame = validator === this.validator && (this.end === undefined || total === this.end);
    if ((!isFirst && !isSame) || from > this.at) {
      throw new NetworkError(
        `${this.address}: expected the same file until it is read, got another one; run the same command again`,
      );
    }
    this.validator = validator;
    this.end = total;
  }
}

async function* toIterator(body: Opened['body']): AsyncGenerator<Uint8Array, undefined, undefined> {
  yield* body;
  return undefined;
}

/**
 * Reads what is at an address, piece by piece. After a broken or silent connection, and while the server is overloaded, it tries
 * again with growing pauses, and reads on where it was.
 *
 * @throws RefusedError if nothing is there, or it may not be read; NetworkError if every try failed; the signal's reason
 */
export async function* streamOf(
  address: string,
  options: StreamOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* new Reading(address, await openerOf(address), options).run();
}

/**
 * {@link streamOf}, at once.
 *
 * @param tooLarge what to throw if there are more bytes than allowed
 */
export async function readAddress(
  address: string,
  maxBytes: number,
  tooLarge: (bytes: number) => Error,
  options: StreamOptions = {},
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of streamOf(address, options)) {
    length += piece.length;
    if (length > maxBytes) throw tooLarge(length);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
