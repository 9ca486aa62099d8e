import { WeightsError } from '../errors.js';

/** Bytes received so far, and in all where the server says so. */
export interface Progress {
  readonly loaded: number;
  readonly total: number | undefined;
}

export interface DownloadOptions {
  /** Ends the download; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte after which a connection counts as stalled. @default 30000 */
  readonly timeoutMs?: number;
  /** How often to try again after a failure that may pass. @default 4 */
  readonly retries?: number;
  /** Milliseconds before the first retry; each further one waits twice as long. @default 500 */
  readonly retryDelayMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** Above any ResNet's file, below the 2 GiB that one array can hold everywhere. */
const MAX_BYTES = 2_000_000_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;
const DEFAULT_RETRY_DELAY_MS = 500;
/** Request time-out, too many requests, and what a server says of itself from 500 up may pass. */
const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);

/** A failure that another try may not have. */
class PassingFailure extends Error {}

/** What has arrived of a file, and the mark by which the server knows that it is the same one still. */
class Arrival {
  chunks: Uint8Array[] = [];
  loaded = 0;
  total: number | undefined;
  validator: string | undefined;

  restart(): void {
    this.chunks = [];
    this.loaded = 0;
    this.total = undefined;
    this.validator = undefined;
  }

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.loaded += chunk.byteLength;
  }

  join(): Uint8Array {
    const bytes = new Uint8Array(this.loaded);
    let position = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, position);
      position += chunk.byteLength;
    }
    return bytes;
  }
}

/** A length only counts where the body isn't compressed on its way. */
function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

/** Prepares for the body of a response: the rest of the file, or all of it again. */
function accept(url: string, response: Response, arrival: Arrival): void {
  const { status, headers } = response;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
    if (Number(range?.[1]) !== arrival.loaded) {
      arrival.restart();
      throw new PassingFailure('another part than was asked for');
    }
    arrival.total = Number(range?.[2]);
    return;
  }
  // What has arrived is still good.
  if (PASSING_STATUS.has(status)) throw new PassingFailure(`status ${status}`);
  arrival.restart();
  if (status === 416) throw new PassingFailure('no such part, the file having changed');
  if (!response.ok) {
    throw new WeightsError(
      `${url}: expected the file, got status ${status}; check the address, or name a mirror that has it`,
    );
  }
  arrival.total = lengthOf(headers);
  const etag = headers.get('etag');
  // A weak tag doesn't promise the same bytes (RFC 9110, 13.1.5).
  arrival.validator =
    etag?.startsWith('W/') === false ? etag : (headers.get('last-modified') ?? undefined);
}

function requireSize(url: string, bytes: number | undefined): void {
  if (bytes !== undefined && bytes > MAX_BYTES) {
    throw new WeightsError(
      `${url}: expected at most ${MAX_BYTES} bytes, got ${bytes}; is it a weight file?`,
    );
  }
}

/** One request: adds to what has arrived until the file is whole, or something gives way. */
async function fetchRest(
  url: string,
  arrival: Arrival,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS, onProgress }: DownloadOptions,
): Promise<void> {
  const stall = new AbortController();
  let timer = setTimeout(() => {
    stall.abort();
  }, timeoutMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stall.abort();
    }, timeoutMs);
  };
  const { validator, loaded } = arrival;
  const resume = loaded > 0 && validator !== undefined;
  const headers: Record<string, string> = resume
    ? { range: `bytes=${loaded}-`, 'if-range': validator }
    : {};
  if (!resume) arrival.restart();
  try {
    const response = await fetch(url, {
      headers,
      signal: signal ? AbortSignal.any([signal, stall.signal]) : stall.signal,
    });
    accept(url, response, arrival);
    requireSize(url, arrival.total);
    const reader = response.body?.getReader();
    for (;;) {
      alive();
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      arrival.add(value);
      requireSize(url, arrival.loaded);
      onProgress?.({ loaded: arrival.loaded, total: arrival.total });
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof WeightsError || error instanceof PassingFailure) throw error;
    const what = stall.signal.aborted ? `nothing for ${timeoutMs} ms` : 'no connection';
    throw new PassingFailure(what, { cause: error });
  } finally {
    clearTimeout(timer);
    stall.abort();
  }
  if (arrival.total !== undefined && arrival.loaded !== arrival.total) {
    throw new PassingFailure(`${arrival.loaded} of ${arrival.total} bytes`);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
  signal?.throwIfAborted();
}

/**
 * Fetches a file whole. A connection that breaks or stalls is taken up where it ended, where the server
 * knows ranges and the file hasn't changed, and from the start elsewhere.
 *
 * @throws WeightsError where the server refuses, and where every try failed
 */
export async function download(url: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { retries = DEFAULT_RETRIES, retryDelayMs = DEFAULT_RETRY_DELAY_MS, signal } = options;
  const arrival = new Arrival();
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      await fetchRest(url, arrival, options);
      return arrival.join();
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      if (attempt === retries) {
        throw new WeightsError(
          `${url}: expected the file within ${retries + 1} tries, got ${error.message} at the last; check the connection, or name a mirror`,
          { cause: error },
        );
      }
      // Spread out, so that many clients of a server that failed don't come back at once.
      await pause(retryDelayMs * 2 ** attempt * (0.5 + Math.random() / 2), signal);
    }
  }
}
