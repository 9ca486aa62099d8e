import { WeightsError } from '../errors.js';

/** Above any ResNet's file, below the 2 GiB that one array can hold everywhere. */
export const MAX_BYTES = 2_000_000_000;

/** What is here of a file before it is asked for. */
export interface Known {
  readonly bytes: Uint8Array;
  /** ETag or Last-Modified under which the server gave it; of a beginning, one that promises the same bytes. */
  readonly validator: string;
  /** All of it, to be replaced only where the server has another; else its beginning. */
  readonly whole: boolean;
}

/** A file with more bytes than it may have. */
export class TooLargeError extends WeightsError {
  constructor(
    url: string,
    readonly bytes: number,
    maxBytes: number,
  ) {
    super(`${url}: expected at most ${maxBytes} bytes, got ${bytes}; is it a weight file?`);
  }
}

/** A failure that another try may not have. */
export class PassingFailure extends Error {}

/** What has arrived of a file, and by what the server knows that it is the same one still. */
export class Arrival {
  private buffer = new Uint8Array(0);
  loaded = 0;
  total: number | undefined;
  /** To resume it by, where the connection breaks. */
  validator: string | undefined;
  /** To ask by, once it is whole, whether it is the latest. */
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

  /** Gives up what has arrived, for another try. */
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

/** Tells the latest file from an older one, though not always to the byte, nor by the bytes of an encoded body. */
export const markOf = (headers: Headers): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined;

/** Parts of an encoded body are no parts of the file, so it has no mark to take it up by. */
export function validatorOf(headers: Headers): string | undefined {
  if (headers.has('content-encoding')) return undefined;
  return strongTag(headers) ?? headers.get('last-modified') ?? undefined;
}

/** A length only counts where the body isn't encoded on its way. */
export function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

/**
 * Whether a browser asks the host's leave before it sends another condition than `range` (Fetch, 2.2.2).
 * Few hosts grant it, so there the answer's headers are all that tells.
 */
function asksLeave(url: string): boolean {
  const { location } = globalThis as Partial<Pick<typeof globalThis, 'location'>>;
  return location !== undefined && new URL(url).origin !== location.origin;
}

export function headersFor(url: string, arrival: Arrival, known: Known | undefined): Headers {
  // Browsers drop this one; Node would else accept gzip, and couldn't take the file up.
  const headers = new Headers({ 'accept-encoding': 'identity' });
  const { validator, loaded } = arrival;
  const conditional = !asksLeave(url);
  if (loaded > 0 && validator !== undefined) {
    headers.set('range', `bytes=${loaded}-`);
    if (conditional) headers.set('if-range', validator);
  } else if (known?.whole === true && conditional) {
    const condition = isTag(known.validator) ? 'if-none-match' : 'if-modified-since';
    headers.set(condition, known.validator);
  }
  return headers;
}

/** Prepares for the rest of the file, which status 206 promises. */
export function acceptPart(url: string, headers: Headers, arrival: Arrival): void {
  const { validator, loaded, total } = arrival;
  if (validator === undefined) arrival.startOver('a part where all was asked for');
  const now = isTag(validator) ? strongTag(headers) : headers.get('last-modified');
  // A server that was told the condition may leave the mark out.
  const same = now === validator || (now == null && !asksLeave(url));
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (range && Number(range[1]) !== loaded) arrival.startOver('another part than was asked for');
  // A browser hides the range from pages of other origins, but not the length.
  const rest = lengthOf(headers);
  const whole = Number(range?.[2]) || (rest === undefined ? total : loaded + rest);
  if (!same || (total !== undefined && whole !== total)) {
    arrival.startOver('a part of another file');
  }
  arrival.expect(whole);
}

/**
 * Whether status 416 says that nothing is missing: a process that ended between a file's last byte and
 * its being kept leaves all of it.
 */
export function isWhole(url: string, headers: Headers, arrival: Arrival): boolean {
  // A server that was told the condition would have sent a changed file from the start.
  return !asksLeave(url) && headers.get('content-range') === `bytes */${arrival.loaded}`;
}
