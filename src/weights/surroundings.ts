import { nodeOnly } from '../node-only.js';
import type { WeightCache } from './download/cache.js';

/** A file, and the SHA-256 of its bytes in hexadecimal. */
export interface HashedFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** What differs between browsers and Node when weights are loaded. */
export interface Surroundings {
  /** Cache for downloads. */
  readonly cache: WeightCache | undefined;
  /** Reads a file by its path or `file:` URL, or another file in the same folder. Absent in browsers. */
  readonly readFile?: (path: string | URL, beside?: string) => Promise<HashedFile>;
  /** Host to download weights by name from, and the setting that it comes from. */
  readonly mirror?: { readonly subject: string; readonly address: string };
}

/** Node's cache on disk, its files, and the mirror from the environment. */
export const weightFiles = nodeOnly<{
  surroundings(cacheFolder: string | URL | undefined): Surroundings;
}>();
