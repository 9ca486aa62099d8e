/** What clients may ask of the service, so that one can't keep it from the others. */
export interface Limits {
  /** Bytes of a picture; a JPEG of 12 megapixels has some 5 MB. @default 10 MiB */
  readonly maxBytes: number;
  /** Requests that have arrived and wait for their answer. @default 32 */
  readonly maxAtOnce: number;
  /** Bytes of all bodies that are held, arriving or waiting. @default 320 MiB */
  readonly maxBytesAtOnce: number;
  /** Connections that are open. @default 256 */
  readonly maxConnections: number;
  /**
   * Connections, and requests that wait, of one address; of the bytes, it may hold half. Behind a proxy, all clients
   * have the proxy's address: raise it, and let the proxy limit them. @default 16
   */
  readonly maxPerAddress: number;
  /** Milliseconds that a request may take to arrive. @default 10,000 */
  readonly receiveMs: number;
  /** Bytes a second at which it has to arrive, headers included. @default 4,096 */
  readonly minBytesPerS: number;
  /** Milliseconds by which it may lag behind that. @default 2,000 */
  readonly graceMs: number;
  /** Milliseconds that one which has arrived may wait for its answer. @default 10,000 */
  readonly answerMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBytes: 10 * 2 ** 20,
  maxAtOnce: 32,
  maxBytesAtOnce: 320 * 2 ** 20,
  maxConnections: 256,
  maxPerAddress: 16,
  receiveMs: 10_000,
  minBytesPerS: 4_096,
  graceMs: 2_000,
  answerMs: 10_000,
};
