/** What clients may ask of the service, so that one can't keep it from the others. */
export interface Limits {
  /** Bytes of a picture; a JPEG of 12 megapixels has some 5 MB. @default 10 MiB */
  readonly maxBytes: number;
  /** Requests at once, those that arrive and wait included; each may hold `maxBytes`. @default 16 */
  readonly maxAtOnce: number;
  /** Milliseconds that a request may take to arrive. @default 10,000 */
  readonly receiveMs: number;
  /** Milliseconds that one which has arrived may wait for its answer. @default 10,000 */
  readonly answerMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBytes: 10 * 2 ** 20,
  maxAtOnce: 16,
  receiveMs: 10_000,
  answerMs: 10_000,
};
