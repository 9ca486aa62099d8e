import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachedFile, CacheClaim, WeightCache } from '../weights/download/cache.js';
import { acquireLock, type LockTimes } from './lock.js';
import { fileBytes } from './read-file.js';
import { userCacheFolder } from './user-folders.js';

export interface DiskCacheOptions {
  /** @default `resnet-heads/weights` in `$XDG_CACHE_HOME`, or in `~/.cache` */
  readonly folder?: string;
  /** @internal Shorter times for tests. */
  readonly lock?: LockTimes;
}

/** A holder that has lost its machine is given ten heartbeats. */
const LOCK_TIMES: LockTimes = { heartbeatMs: 1_000, staleMs: 10_000, pollMs: 100 };

const PARTIAL = '.partial';
const META = '.json';
/** Appended to the key in the name of an incomplete download. */
const LEFTOVER = /^\.[\da-f-]{36}\.partial$/;

/** Keys of `keyOf`. */
const KEY = /^(md5|sha256|url)-[\da-f]+-/;
/** Other files in the folder: metadata, locks and incomplete downloads. */
const OTHER = /\.(json|lock|partial)$/;

/** A cache in a folder. */
export interface DiskCache extends WeightCache {
  readonly folder: string;
  /** The path of a key's file, if it is in the cache. */
  pathOf(key: string): string;
  /** The keys of complete files. */
  keys(): Promise<string[]>;
}

type Meta = Pick<CachedFile, 'validator' | 'sha256'>;

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    return await fileBytes(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads a file's metadata, which are stored beside it; empty if a process ended while it wrote them. */
async function readMeta(path: string): Promise<Meta> {
  try {
    return JSON.parse(await readFile(path + META, 'utf8')) as Meta;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return {};
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(path + META, { force: true });
}

/**
 * One download on disk. It is written to a file that only this process writes, so that even two processes that both think they
 * have the lock can't damage each other's; at the end that file is renamed.
 */
class DiskClaim implements CacheClaim {
  private readonly own: string;
  private handle: FileHandle | undefined;
  private written = 0;

  constructor(
    private readonly path: string,
    /** Files that interrupted downloads left. */
    private leftovers: readonly string[],
    private readonly unlock: () => Promise<void>,
  ) {
    this.own = `${path}.${randomUUID()}${PARTIAL}`;
  }

  async partial(): Promise<CachedFile | undefined> {
    let longest: CachedFile | undefined;
    for (const path of this.leftovers) {
      const [bytes, { validator }] = [await readBytes(path), await readMeta(path)];
      if (bytes && validator !== undefined && bytes.length > (longest?.bytes.length ?? 0)) {
        longest = { bytes, validator };
      }
    }
    return longest;
  }

  async begin(validator: string | undefined): Promise<void> {
    await this.drop();
    if (validator === undefined) await this.dropLeftovers();
    else await this.create({ validator });
  }

  async append(chunk: Uint8Array): Promise<void> {
    if (this.handle === undefined) return;
    try {
      await this.handle.writeFile(chunk);
    } catch (error) {
      // On a full disk, an incomplete file isn't worth its space.
      await this.drop();
      throw error;
    }
    this.written += chunk.byteLength;
    // Only now that their content is in this file.
    await this.dropLeftovers();
  }

  async commit({ bytes, validator, sha256 }: CachedFile): Promise<void> {
    if (this.handle === undefined || this.written !== bytes.length) {
      await this.drop();
      await this.create({});
      await this.append(bytes);
    }
    await this.handle?.sync();
    await this.close();
    // If processes mix up files and metadata here, the hash won't match.
    await writeFile(this.own + META, JSON.stringify({ validator, sha256 }));
    await rename(this.own + META, this.path + META);
    await rename(this.own, this.path);
    await this.dropLeftovers();
  }

  async release(): Promise<void> {
    try {
      if (this.written === 0) await this.drop();
      await this.close();
    } finally {
      await this.unlock();
    }
  }

  private async create(meta: Meta): Promise<void> {
    await writeFile(this.own + META, JSON.stringify(meta));
    this.handle = await open(this.own, 'wx');
  }

  private async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }

  private async drop(): Promise<void> {
    await this.close();
    this.written = 0;
    await remove(this.own);
  }

  private async dropLeftovers(): Promise<void> {
    for (const path of this.leftovers) await remove(path);
    this.leftovers = [];
  }
}

/**
 * A cache of weight files in a folder, which processes may share: while one downloads a file, others wait for it, and an
 * interrupted download is resumed by the next process.
 */
export function diskCache({ folder, lock = LOCK_TIMES }: DiskCacheOptions = {}): DiskCache {
  const place = folder ?? userCacheFolder('weights');
  return {
    folder: place,
    pathOf: (key) => join(place, key),
    async keys() {
      try {
        const names = await readdir(place);
        return names.filter((name) => KEY.test(name) && !OTHER.test(name)).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    async read(key) {
      const path = join(place, key);
      const bytes = await readBytes(path);
      return bytes && { bytes, ...(await readMeta(path)) };
    },
    async claim(key, signal) {
      await mkdir(place, { recursive: true });
      const path = join(place, key);
      const unlock = await acquireLock(`${path}.lock`, lock, signal);
      try {
        const names = await readdir(place);
        const left = names.filter(
          (name) => name.startsWith(key) && LEFTOVER.test(name.slice(key.length)),
        );
        return new DiskClaim(
          path,
          left.map((name) => join(place, name)),
          unlock,
        );
      } catch (error) {
        await unlock();
        throw error;
      }
    },
  };
}
