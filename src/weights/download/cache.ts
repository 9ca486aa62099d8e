import { sha256 } from '../../sha256.js';
import type { Integrity } from './integrity.js';

/** Long enough for any published name, and with hash and suffix within the 255 bytes of most file systems. */
const MAX_NAME = 100;

/** A file, or the beginning of one, as a {@link WeightCache} keeps it. */
export interface CachedFile {
  readonly bytes: Uint8Array;
  /** ETag or Last-Modified under which the server gave it. */
  readonly validator?: string;
  /** By which a whole file is checked that nobody published a hash of. */
  readonly sha256?: string;
}

/**
 * A cache of weight files. Whatever it throws is told to `onWarning`, and the weights are loaded without
 * it. What it returns is checked; it needn't be.
 */
export interface WeightCache {
  /** The whole file, where it is here. */
  read(key: string): Promise<CachedFile | undefined>;
  /** Waits until nobody else, in this process or another, is writing the file. */
  claim(key: string, signal?: AbortSignal): Promise<CacheClaim>;
}

/** The right to write one file; its methods are called one after the other. */
export interface CacheClaim {
  /** What an interrupted download left, for another to continue. */
  partial(): Promise<CachedFile | undefined>;
  /** Drops what is here of the file, and keeps what follows for a later process if there is a validator. */
  begin(validator: string | undefined): Promise<void>;
  append(chunk: Uint8Array): Promise<void>;
  /** The file is whole, and what it should be. */
  commit(file: CachedFile): Promise<void>;
  /** Lets others write it. */
  release(): Promise<void>;
}

/**
 * What a store knows a file by: one with a published hash by that, wherever it comes from, any other by
 * its address.
 */
export async function keyOf(url: string, integrity: Integrity | undefined): Promise<string> {
  const { pathname } = new URL(url);
  const name = pathname.slice(pathname.lastIndexOf('/') + 1).replace(/[^\w.-]+/g, '_');
  const id = integrity
    ? `${integrity.algorithm}-${integrity.hex.toLowerCase()}`
    : `url-${await sha256(url)}`;
  return `${id}-${name.slice(-MAX_NAME)}`;
}

/** What a file of this key should hash to; nothing where what is known of it got lost. */
export function expectedOf(key: string, file: CachedFile): Integrity | undefined {
  const [, algorithm, hex] = /^(md5|sha256)-([\da-f]+)-/.exec(key) ?? [];
  if (hex !== undefined) return { algorithm: algorithm as Integrity['algorithm'], hex };
  return file.sha256 === undefined ? undefined : { algorithm: 'sha256', hex: file.sha256 };
}
