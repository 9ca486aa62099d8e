/** Limits for clients, so that no client can block the service for the others. */
export interface Limits {
  /** Bytes per picture; a 12-megapixel JPEG has about 5 MB. @default 10 MiB */
  readonly maxBytes: number;
  /** Requests that wait for an answer. @default 32 */
  readonly maxAtOnce: number;
  /** Bytes of all bodies in memory, arriving or waiting. @default 320 MiB */
  readonly maxBytesAtOnce: number;
  /** Open connections. @default 256 */
  readonly maxConnections: number;
  /**
   * Connections, and waiting requests, per address; an address can also hold half of `maxBytesAtOnce`. Behind a proxy, all
   * clients have the proxy's address: raise this limit, and let the proxy limit clients. @default 16
   */
  readonly maxPerAddress: number;
  /** Milliseconds for a request to arrive. @default 10,000 */
  readonly receiveMs: number;
  /** Minimum speed of a request in bytes per second, headers included. @default 4,096 */
  readonly minBytesPerS: number;
  /** Milliseconds that a request can be behind the minimum speed. @default 2,000 */
  readonly graceMs: number;
  /** Milliseconds that a request can wait for its answer after it has arrived. @default 10,000 */
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
