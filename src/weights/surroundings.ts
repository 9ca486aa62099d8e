import { nodeOnly } from '../node-only.js';
import type { WeightCache } from './download/cache.js';

/** A file, and the SHA-256 of its bytes in hexadecimal. */
export interface HashedFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** What loading weights has around it, in which browsers and Node differ. */
export interface Surroundings {
  /** Where downloads are kept. */
  readonly cache: WeightCache | undefined;
  /** Reads a file by its path or `file:` URL, or one of a name beside it; browsers have no such thing. */
  readonly readFile?: (path: string | URL, beside?: string) => Promise<HashedFile>;
  /** Host to fetch weights by name from, and where it was named. */
  readonly mirror?: { readonly subject: string; readonly address: string };
}

/** Downloads kept on disk, files by their path, and the mirror that the environment names. */
export const weightFiles = nodeOnly<{
  surroundings(cacheFolder: string | URL | undefined): Surroundings;
}>();
