import type { WeightCache } from './download/cache.js';

/** What loading weights has around it, in which browsers and Node differ. */
export interface Surroundings {
  /** Where downloads are kept. */
  readonly cache: WeightCache | undefined;
  /** Reads a file by its path or `file:` URL; browsers have no such thing. */
  readonly readFile?: (path: string | URL) => Promise<Uint8Array>;
  /** Host to fetch weights by name from, and where it was named. */
  readonly mirror?: { readonly subject: string; readonly address: string };
}
