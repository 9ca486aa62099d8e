import { WeightsError } from '../errors.js';
import { type CacheClaim, type CachedFile, expectedOf, type WeightCache } from './cache.js';
import { requireIntegrity } from './integrity.js';
import { Tolerant } from './tolerant.js';
import type { Sink } from './transfer.js';

/** One file's entry in a cache, if there is a cache. Throws only if a signal aborts the wait for the lock. */
export class Shelf implements Sink {
  private claimed: CacheClaim | undefined;
  private refusal: { readonly cause: unknown } | undefined;
  private damaged = false;
  private readonly tolerant: Tolerant;

  constructor(
    private readonly cache: WeightCache | undefined,
    private readonly url: string,
    private readonly key: string,
    private readonly onWarning: ((warning: Error) => void) | undefined,
  ) {
    this.tolerant = new Tolerant((got, cause) => {
      const remedy = 'the file is loaded, and downloaded again next time';
      this.warn('a working cache', got, remedy, cause);
    });
  }

  /** Reads and checks the whole file. */
  async read(): Promise<CachedFile | undefined> {
    const { cache, key } = this;
    if (cache === undefined) return undefined;
    const file = await this.tolerant.attempt(() => cache.read(key));
    const expected = file && expectedOf(key, file);
    if (file === undefined || expected === undefined) return undefined;
    try {
      await requireIntegrity(`${this.url} in the cache`, file.bytes, expected);
      return file;
    } catch (cause) {
      // Warned about once: it is read again after the lock is taken, when another process may have replaced it.
      if (!this.damaged)
        this.warn('an intact file in the cache', 'a corrupt one', 'it is downloaded again', cause);
      this.damaged = true;
      return undefined;
    }
  }

  async claim(signal: AbortSignal | undefined): Promise<void> {
    const { cache, key } = this;
    if (cache === undefined || this.tolerant.hasFailed) return;
    try {
      this.claimed = await cache.claim(key, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // Reported only if there is something to write.
      this.refusal = { cause: error };
    }
  }

  async partial(): Promise<CachedFile | undefined> {
    return this.tolerant.attempt(async () => this.claimed?.partial());
  }

  async begin(validator: string | undefined): Promise<void> {
    await this.write((claimed) => claimed.begin(validator));
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.write((claimed) => claimed.append(chunk));
  }

  async commit(file: CachedFile): Promise<void> {
    await this.write((claimed) => claimed.commit(file));
  }

  async release(): Promise<void> {
    try {
      await this.claimed?.release();
    } catch (cause) {
      this.tolerant.fail(cause);
    }
    this.claimed = undefined;
  }

  private async write(work: (claimed: CacheClaim) => Promise<void>): Promise<void> {
    const { claimed, refusal } = this;
    if (refusal !== undefined) this.tolerant.fail(refusal.cause);
    if (claimed !== undefined) await this.tolerant.attempt(() => work(claimed));
  }

  warn(expected: string, got: string, remedy: string, cause: unknown): void {
    const message = `${this.url}: expected ${expected}, got ${got}; ${remedy}`;
    this.onWarning?.(new WeightsError(message, { cause }));
  }
}
