import type { Names } from '../errors.js';
import type { LoadOptions } from './source.js';

/** The options for fetching weights. */
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
