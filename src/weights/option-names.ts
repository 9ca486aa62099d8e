import type { Names } from '../errors.js';
import type { LoadOptions } from './source.js';

/** What decides how weights are fetched. */
export const FETCH_NAMES: Names<Omit<LoadOptions, 'scope'>> = {
  integrity: true,
  signal: true,
  timeoutMs: true,
  retries: true,
  retryDelayMs: true,
  onProgress: true,
  onWarning: true,
  mirror: true,
  cache: true,
  cacheFolder: true,
};
