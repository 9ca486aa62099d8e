import type { Progress } from '../../progress.js';
import type { Integrity } from './integrity.js';

export interface DownloadOptions {
  /** What the file has to hash to. @default for weights by name, what their publisher says */
  readonly integrity?: Integrity;
  /** Ends the download; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte after which a connection counts as stalled. @default 30000 */
  readonly timeoutMs?: number;
  /** How often in a row to try again after a failure that may pass and brought nothing more. @default 4 */
  readonly retries?: number;
  /** Milliseconds before the first retry; each further one waits twice as long. @default 500 */
  readonly retryDelayMs?: number;
  /** Called with ever more bytes, and at last with all of them. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told what keeps a cache from its work; the file is loaded all the same. */
  readonly onWarning?: (warning: Error) => void;
}
