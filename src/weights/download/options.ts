import type { Progress } from '../../progress.js';
import type { Integrity } from './integrity.js';

export interface DownloadOptions {
  /** Expected hash of the file. @default for weights by name, the publisher's */
  readonly integrity?: Integrity;
  /** Aborts the download; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds without data after which a connection counts as stalled. @default 30000 */
  readonly timeoutMs?: number;
  /** Number of retries after temporary failures, counted anew whenever more bytes arrive. @default 4 */
  readonly retries?: number;
  /** Milliseconds before the first retry, doubled for each further one. @default 500 */
  readonly retryDelayMs?: number;
  /** Called as bytes arrive, with an increasing count, and at the end with all of them. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called if the cache fails; the file is loaded without it. */
  readonly onWarning?: (warning: Error) => void;
}
