import { acceptPart, Arrival, headersFor, isWhole, type Known } from './arrival.js';
import { lengthOf, markOf, PassingFailure, TooLargeError, validatorOf } from './arrival.js';
import { ofBytes } from '../../progress.js';
import { WeightsError } from '../errors.js';
import type { DownloadOptions } from './options.js';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;
const DEFAULT_RETRY_DELAY_MS = 500;
/** Request time-out, too many requests, and what a server says of itself from 500 up may pass. */
const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);

export { TooLargeError };

/** A file that can't be had; `reason` is what came in its place. */
export class TransferError extends WeightsError {
  constructor(
    message: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Every try failed in a way that may pass; what a cache holds may serve meanwhile. */
export class UnreachableError extends TransferError {}

export interface TransferOptions extends DownloadOptions {
  /** Bytes that the file may have. @default MAX_BYTES */
  readonly maxBytes?: number;
}

/** Where a file is written down while it arrives. */
export interface Sink {
  /** The file starts, or starts over. Without a validator it can't be taken up later. */
  begin(validator: string | undefined): Promise<void>;
  append(chunk: Uint8Array): Promise<void>;
}

export interface Arrived {
  readonly bytes: Uint8Array;
  /** By which the server knows it. */
  readonly validator: string | undefined;
  /** Whether these are the known bytes, the server having no others. */
  readonly unchanged: boolean;
  /** Whether they begin with the known ones. */
  readonly resumed: boolean;
}

/** What ended a connection, as Node says it; browsers don't tell. */
function lost(error: unknown): string {
  const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? `no connection (${code})` : 'no connection';
}

/** One file on its way, over as many requests as it takes. */
class Transfer {
  private readonly arrival: Arrival;
  private furthest = 0;
  private resumed = false;

  constructor(
    private readonly url: string,
    private readonly options: TransferOptions,
    private readonly known: Known | undefined,
    private readonly sink: Sink,
  ) {
    this.arrival = new Arrival(url, options.maxBytes);
  }

  async run(): Promise<Arrived> {
    const { signal, retries = DEFAULT_RETRIES } = this.options;
    const { retryDelayMs = DEFAULT_RETRY_DELAY_MS } = this.options;
    await this.takeUp();
    for (let attempt = 0; ; attempt++) {
      const before = this.furthest;
      try {
        return await this.request();
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        // A slow line may break often; only one that brings nothing more is given up.
        if (this.furthest > before) attempt = 0;
        if (attempt >= retries) {
          throw new UnreachableError(
            `${this.url}: expected the file within ${retries + 1} tries, got ${error.message} at the last; check the connection, or name a mirror`,
            error.message,
            { cause: error },
          );
        }
      }
      // Spread out, so that many clients of a server that failed don't come back at once.
      await pause(retryDelayMs * 2 ** attempt * (0.5 + Math.random() / 2), signal);
    }
  }

  /** Goes on from the beginning that is known. */
  private async takeUp(): Promise<void> {
    if (this.known === undefined || this.known.whole) return;
    await this.begin(this.known.validator);
    await this.add(this.known.bytes);
    this.resumed = true;
  }

  private async begin(validator?: string, total?: number, mark?: string): Promise<void> {
    this.resumed = false;
    this.arrival.begin(validator, total, mark);
    await this.sink.begin(validator);
  }

  private async add(chunk: Uint8Array): Promise<void> {
    const { arrival } = this;
    arrival.add(chunk);
    await this.sink.append(chunk);
    const { loaded, total = 0 } = arrival;
    this.furthest = Math.max(this.furthest, loaded);
    this.options.onProgress?.(ofBytes(loaded, total < loaded ? undefined : total));
  }

  private finish(): Arrived {
    const { arrival, resumed } = this;
    const bytes = arrival.bytes();
    this.options.onProgress?.(ofBytes(bytes.length, bytes.length));
    return { bytes, validator: arrival.mark, unchanged: false, resumed };
  }

  /** Prepares for the body of a response; gives the file where there is nothing to wait for. */
  private async accept({ status, ok, headers }: Response): Promise<Arrived | undefined> {
    const { url, arrival, known } = this;
    if (status === 206) {
      acceptPart(url, headers, arrival);
      return undefined;
    }
    // What has arrived is still good.
    if (PASSING_STATUS.has(status)) throw new PassingFailure(`status ${status}`);
    if (status === 416) {
      if (isWhole(url, headers, arrival)) return this.finish();
      arrival.startOver('no such part, the file having changed');
    }
    const mark = markOf(headers);
    if (known?.whole === true && (status === 304 || (ok && mark === known.validator))) {
      return { ...known, unchanged: true, resumed: false };
    }
    if (!ok) {
      throw new TransferError(
        `${url}: expected the file, got status ${status}; check the address, or name a mirror that has it`,
        `status ${status}`,
      );
    }
    await this.begin(validatorOf(headers), lengthOf(headers), mark);
    return undefined;
  }

  /** One request: adds to what has arrived until the file is whole, or something gives way. */
  private async request(): Promise<Arrived> {
    const { url, arrival } = this;
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    signal?.throwIfAborted();
    const ending = new AbortController();
    const end = () => {
      ending.abort();
    };
    signal?.addEventListener('abort', end);
    // For the network alone: a slow disk is no stalled connection.
    const waitFor = async <T>(work: Promise<T>): Promise<T> => {
      const timer = setTimeout(end, timeoutMs);
      try {
        return await work;
      } catch (cause) {
        signal?.throwIfAborted();
        const why = ending.signal.aborted ? `nothing for ${timeoutMs} ms` : lost(cause);
        throw new PassingFailure(why, { cause });
      } finally {
        clearTimeout(timer);
      }
    };
    try {
      const headers = headersFor(url, arrival, this.known);
      const response = await waitFor(fetch(url, { headers, signal: ending.signal }));
      const arrived = await this.accept(response);
      if (arrived !== undefined) return arrived;
      const reader = response.body?.getReader();
      while (reader !== undefined) {
        const { done, value } = await waitFor(reader.read());
        if (done) break;
        await this.add(value);
      }
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
    const { loaded, total = 0 } = arrival;
    // More than its length has a body that is encoded where the browser hides that.
    if (loaded < total) throw new PassingFailure(`${loaded} of ${total} bytes`);
    return this.finish();
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, milliseconds);
    signal?.addEventListener('abort', stop);
  });
  signal?.throwIfAborted();
}

/**
 * Fetches a file whole. A connection that breaks or stalls is taken up where it ended, where the server
 * knows ranges and the file hasn't changed, and from the start elsewhere.
 *
 * @param known what is here of it already
 * @throws UnreachableError where every try failed, TransferError where the server refuses, TooLargeError
 */
export async function transfer(
  url: string,
  options: TransferOptions,
  known: Known | undefined,
  sink: Sink,
): Promise<Arrived> {
  return new Transfer(url, options, known, sink).run();
}
