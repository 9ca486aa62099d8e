import { acceptPart, Arrival, headersFor, isWhole, type Known } from './arrival.js';
import { lengthOf, markOf, PassingFailure, TooLargeError, validatorOf } from './arrival.js';
import { ofBytes } from '../../progress.js';
import { WeightsError } from '../errors.js';
import type { DownloadOptions } from './options.js';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;
const DEFAULT_RETRY_DELAY_MS = 500;
/** Temporary: request timeout, too many requests, and the server errors that may pass. */
export const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);

export { TooLargeError };

/** A file that can't be downloaded; `reason` is what came in its place, e.g. `status 404`. */
export class TransferError extends WeightsError {
  constructor(
    message: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Every try failed temporarily, so that a cached file may be used. */
export class UnreachableError extends TransferError {}

export interface TransferOptions extends DownloadOptions {
  /** Largest allowed file, in bytes. @default MAX_BYTES */
  readonly maxBytes?: number;
}

/** Where a file is stored while it is downloaded. */
export interface Sink {
  /** Starts the file, or starts over. Without a validator it can't be resumed later. */
  begin(validator: string | undefined): Promise<void>;
  append(chunk: Uint8Array): Promise<void>;
}

export interface Arrived {
  readonly bytes: Uint8Array;
  /** The server's ETag or Last-Modified. */
  readonly validator: string | undefined;
  /** Whether these are the known bytes, because the server's file hasn't changed. */
  readonly unchanged: boolean;
  /** Whether they begin with the known bytes. */
  readonly resumed: boolean;
}

/** Why a connection ended: Node's error code; browsers give none. */
export function lost(error: unknown): string {
  const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? `no connection (${code})` : 'no connection';
}

/** The download of one file, over one or more requests. */
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
    await this.resume();
    for (let attempt = 0; ; attempt++) {
      const before = this.furthest;
      try {
        return await this.request();
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        // A slow connection may break often: only tries that bring no further bytes count.
        if (this.furthest > before) attempt = 0;
        if (attempt >= retries) {
          throw new UnreachableError(
            `${this.url}: expected the file within ${retries + 1} tries, got ${error.message} on the last one; check the connection, or use a mirror`,
            error.message,
            { cause: error },
          );
        }
      }
      // With jitter, so that many clients of a failed server don't all retry at once.
      await pause(retryDelayMs * 2 ** attempt * (0.5 + Math.random() / 2), signal);
    }
  }

  /** Starts with the known bytes of a partial file. */
  private async resume(): Promise<void> {
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

  /** Handles the status and headers of a response; returns the file if there is no body to read. */
  private async accept({ status, ok, headers }: Response): Promise<Arrived | undefined> {
    const { url, arrival, known } = this;
    if (status === 206) {
      acceptPart(url, headers, arrival);
      return undefined;
    }
    // The bytes received so far are kept.
    if (PASSING_STATUS.has(status)) throw new PassingFailure(`status ${status}`);
    if (status === 416) {
      if (isWhole(url, headers, arrival)) return this.finish();
      arrival.startOver('status 416, as the file has changed');
    }
    const mark = markOf(headers);
    if (known?.whole === true && (status === 304 || (ok && mark === known.validator))) {
      return { ...known, unchanged: true, resumed: false };
    }
    if (!ok) {
      throw new TransferError(
        `${url}: expected the file, got status ${status}; check the address, or use a mirror that has the file`,
        `status ${status}`,
      );
    }
    await this.begin(validatorOf(headers), lengthOf(headers), mark);
    return undefined;
  }

  /** Sends one request, and adds its bytes until the file is whole. */
  private async request(): Promise<Arrived> {
    const { url, arrival } = this;
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    signal?.throwIfAborted();
    const ending = new AbortController();
    const end = () => {
      ending.abort();
    };
    signal?.addEventListener('abort', end);
    // The timeout covers the network only, not a slow disk.
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
    // There may be more bytes than `total`: of an encoded body, if the browser hides its encoding.
    if (loaded < total) throw new PassingFailure(`${loaded} of ${total} bytes`);
    return this.finish();
  }
}

/** @throws the signal's reason */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
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
 * Downloads a whole file. After a broken or stalled connection, the download is resumed if the server supports ranges and the file
 * hasn't changed; otherwise it starts over.
 *
 * @param known what is already stored of the file
 * @throws UnreachableError if every try failed, TransferError if the server refuses, TooLargeError if it is larger than allowed
 */
export async function transfer(
  url: string,
  options: TransferOptions,
  known: Known | undefined,
  sink: Sink,
): Promise<Arrived> {
  return new Transfer(url, options, known, sink).run();
}
