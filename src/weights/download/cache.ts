import { sha256 } from '../../sha256.js';
import type { Integrity } from './integrity.js';

/** Long enough for any published name; with hash and suffix still within the 255 bytes of most file systems. */
const MAX_NAME = 100;

/** A file, or a partial download of one, in a {@link WeightCache}. */
export interface CachedFile {
  readonly bytes: Uint8Array;
  /** The server's ETag or Last-Modified. */
  readonly validator?: string;
  /** Hash to check a whole file by, if its publisher gives none. */
  readonly sha256?: string;
}

/**
 * A cache of weight files. Its errors are passed to `onWarning`, and loading continues without it. The caller checks what
 * it returns.
 */
export interface WeightCache {
  /** The whole file, if it is cached. */
  read(key: string): Promise<CachedFile | undefined>;
  /** Locks the file for writing: waits while another call or process is writing it. */
  claim(key: string, signal?: AbortSignal): Promise<CacheClaim>;
}

/** A lock for writing one file. Its methods are called one at a time. */
export interface CacheClaim {
  /** The partial file that an interrupted download left. */
  partial(): Promise<CachedFile | undefined>;
  /** Discards any partial file. What is appended is kept for resuming if there is a validator. */
  begin(validator: string | undefined): Promise<void>;
  append(chunk: Uint8Array): Promise<void>;
  /** Stores the whole, checked file. */
  commit(file: CachedFile): Promise<void>;
  /** Releases the lock. */
  release(): Promise<void>;
}

/** A file's key in a cache: the published hash if there is one, whatever the address; otherwise the address. */
export async function keyOf(url: string, integrity: Integrity | undefined): Promise<string> {
  const { pathname } = new URL(url);
  const name = pathname.slice(pathname.lastIndexOf('/') + 1).replace(/[^\w.-]+/g, '_');
  const id = integrity
    ? `${integrity.algorithm}-${integrity.hex.toLowerCase()}`
    : `url-${await sha256(url)}`;
  return `${id}-${name.slice(-MAX_NAME)}`;
}

/** The expected hash of the file with this key; undefined if its metadata was lost. */
export function expectedOf(key: string, file: CachedFile): Integrity | undefined {
  const [, algorithm, hex] = /^(md5|sha256)-([\da-f]+)-/.exec(key) ?? [];
  if (hex !== undefined) return { algorithm: algorithm as Integrity['algorithm'], hex };
  return file.sha256 === undefined ? undefined : { algorithm: 'sha256', hex: file.sha256 };
}
