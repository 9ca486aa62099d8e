import { WeightsError } from '../errors.js';

/** Larger than any ResNet's file, below 2 GiB, which every platform allows for one array. */
export const MAX_BYTES = 2_000_000_000;

/** What is already stored of a file. */
export interface Known {
  readonly bytes: Uint8Array;
  /** The server's ETag or Last-Modified. For a partial file, a strong validator. */
  readonly validator: string;
  /** True for the whole file, which is downloaded again only if the server's has changed; false for a partial download. */
  readonly whole: boolean;
}

/** A file is larger than allowed. */
export class TooLargeError extends WeightsError {
  constructor(
    url: string,
    readonly bytes: number,
    maxBytes: number,
  ) {
    super(`${url}: expected at most ${maxBytes} bytes, got ${bytes}; is it a weight file?`);
  }
}

/** A temporary failure: the request may be retried. */
export class PassingFailure extends Error {}

/** The received part of a file, and its validators. */
export class Arrival {
  private buffer = new Uint8Array(0);
  loaded = 0;
  total: number | undefined;
  /** Validator for resuming (`If-Range`). */
  validator: string | undefined;
  /** Validator of the whole file, to ask later whether it has changed. */
  mark: string | undefined;

  constructor(
    private readonly url: string,
    private readonly maxBytes = MAX_BYTES,
  ) {}

  begin(validator?: string, total?: number, mark = validator): void {
    this.loaded = 0;
    this.validator = validator;
    this.mark = mark;
    this.expect(total);
  }

  expect(total: number | undefined): void {
    if (total !== undefined) this.requireSize(total);
    this.total = total;
  }

  add(chunk: Uint8Array): void {
    const needed = this.loaded + chunk.byteLength;
    this.requireSize(needed);
    if (needed > this.buffer.length) {
      const room = Math.max(needed, this.total ?? Math.min(2 * this.buffer.length, this.maxBytes));
      const buffer = new Uint8Array(room);
      buffer.set(this.buffer.subarray(0, this.loaded));
      this.buffer = buffer;
    }
    this.buffer.set(chunk, this.loaded);
    this.loaded = needed;
  }

  bytes(): Uint8Array {
    const { buffer, loaded } = this;
    return buffer.length === loaded ? buffer : buffer.slice(0, loaded);
  }

  /** Discards what was received, so that the next try starts over. */
  startOver(why: string): never {
    this.begin();
    throw new PassingFailure(why);
  }

  private requireSize(bytes: number): void {
    if (bytes > this.maxBytes) throw new TooLargeError(this.url, bytes, this.maxBytes);
  }
}

const isTag = (mark: string): boolean => /^(W\/)?"/.test(mark);

/** A weak tag doesn't promise the same bytes (RFC 9110, 8.8.1). */
function strongTag(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return tag?.startsWith('"') === true ? tag : undefined;
}

/** A validator, possibly weak, that changes with the file. */
export const markOf = (headers: Headers): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined;

/** Validator for resuming: none for an encoded body, because its ranges are not ranges of the file. */
export function validatorOf(headers: Headers): string | undefined {
  if (headers.has('content-encoding')) return undefined;
  return strongTag(headers) ?? headers.get('last-modified') ?? undefined;
}

/** The file's length; undefined for an encoded body, whose Content-Length is that of the encoded bytes. */
export function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

/**
 * Whether conditional headers other than `range` would cause a CORS preflight (Fetch, 2.2.2). Few hosts accept it, so that only the
 * response's headers are compared.
 */
function needsPreflight(url: string): boolean {
  const { location } = globalThis as Partial<Pick<typeof globalThis, 'location'>>;
  return location !== undefined && new URL(url).origin !== location.origin;
}

export function headersFor(url: string, arrival: Arrival, known: Known | undefined): Headers {
  // Browsers drop this header. Without it Node would accept gzip, which can't be resumed.
  const headers = new Headers({ 'accept-encoding': 'identity' });
  const { validator, loaded } = arrival;
  const conditional = !needsPreflight(url);
  if (loaded > 0 && validator !== undefined) {
    headers.set('range', `bytes=${loaded}-`);
    if (conditional) headers.set('if-range', validator);
  } else if (known?.whole === true && conditional) {
    const condition = isTag(known.validator) ? 'if-none-match' : 'if-modified-since';
    headers.set(condition, known.validator);
  }
  return headers;
}

/** Checks that a response of status 206 continues what was received. */
export function acceptPart(url: string, headers: Headers, arrival: Arrival): void {
  const { validator, loaded, total } = arrival;
  if (validator === undefined) arrival.startOver('a part of the file instead of all of it');
  const now = isTag(validator) ? strongTag(headers) : headers.get('last-modified');
  // If the request was conditional, the server may omit the validator.
  const same = now === validator || (now == null && !needsPreflight(url));
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (range && Number(range[1]) !== loaded) arrival.startOver('a different part than requested');
  // Browsers hide Content-Range from pages of other origins, but not Content-Length.
  const rest = lengthOf(headers);
  const whole = Number(range?.[2]) || (rest === undefined ? total : loaded + rest);
  if (!same || (total !== undefined && whole !== total)) {
    arrival.startOver('a part of a different file');
  }
  arrival.expect(whole);
}

/**
 * Whether status 416 means that nothing is missing. A process that ends after a file's last byte, but before the file is committed to
 * the cache, leaves a complete partial file.
 */
export function isWhole(url: string, headers: Headers, arrival: Arrival): boolean {
  // To a conditional request, the server would have sent a changed file from the start.
  return !needsPreflight(url) && headers.get('content-range') === `bytes */${arrival.loaded}`;
}
