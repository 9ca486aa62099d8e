import { ofBytes, type Progress } from '../../progress.js';
import { sha256 } from '../../sha256.js';
import { requireAddress } from './address.js';
import type { Known } from './arrival.js';
import { type CachedFile, keyOf, type WeightCache } from './cache.js';
import { type Integrity, requireHash, requireIntegrity } from './integrity.js';
import type { DownloadOptions } from './options.js';
import { Shelf } from './shelf.js';
import { type Arrived, transfer, UnreachableError } from './transfer.js';

/** A file, and what is known of it. */
export interface Download {
  readonly bytes: Uint8Array;
  readonly from: 'network' | 'cache';
  /** What it hashed to: by the expected algorithm, else SHA-256. */
  readonly integrity: Integrity;
}

function knownOf(file: CachedFile | undefined, whole: boolean): Known | undefined {
  if (file?.validator === undefined || file.bytes.length === 0) return undefined;
  return { bytes: file.bytes, validator: file.validator, whole };
}

/** What starts over is told once it is further than before; a step that says nothing new isn't. */
function rising(onProgress: (progress: Progress) => void): (progress: Progress) => void {
  let last = ofBytes(0, 0);
  return (progress) => {
    const { done, total } = progress;
    const news = done > last.done || total !== last.total;
    if (!news || (done < last.done && done !== total)) return;
    last = progress;
    onProgress(progress);
  };
}

class Downloading {
  private readonly options: DownloadOptions;
  private readonly integrity: Integrity | undefined;

  constructor(
    private readonly url: string,
    options: DownloadOptions,
    private readonly shelf: Shelf,
  ) {
    const { onProgress, integrity } = options;
    this.options = onProgress ? { ...options, onProgress: rising(onProgress) } : options;
    this.integrity = integrity;
  }

  async run(): Promise<Download> {
    const { url, options, shelf, integrity } = this;
    options.onProgress?.(ofBytes(0, undefined));
    let cached = await shelf.read();
    // Whatever the server has by now, this is what was asked for.
    if (cached && integrity) return this.fromCache(cached);
    await shelf.claim(options.signal);
    try {
      // Whoever had the claim before may have fetched it.
      cached ??= await shelf.read();
      if (cached && integrity) return this.fromCache(cached);
      const known = knownOf(cached, true) ?? knownOf(await shelf.partial(), false);
      const arrived = await transfer(url, options, known, shelf);
      if (cached && arrived.unchanged) return this.fromCache(cached);
      return await this.keep(arrived);
    } catch (error) {
      if (cached === undefined || !(error instanceof UnreachableError)) throw error;
      shelf.warn(
        'a word whether the file in the cache is still the latest',
        'none',
        'it is used',
        error,
      );
      return this.fromCache(cached);
    } finally {
      await shelf.release();
    }
  }

  private fromCache({ bytes, sha256: hex = '' }: CachedFile): Download {
    this.options.onProgress?.(ofBytes(bytes.length, bytes.length));
    return { bytes, from: 'cache', integrity: this.integrity ?? { algorithm: 'sha256', hex } };
  }

  private async keep(arrived: Arrived): Promise<Download> {
    const { shelf } = this;
    const { bytes, validator } = await this.check(arrived);
    const integrity = this.integrity ?? { algorithm: 'sha256', hex: await sha256(bytes) };
    // Without a hash to hold it to or a mark to ask the server by, nothing would tell that it is old.
    if (this.integrity ?? validator) {
      await shelf.commit({
        bytes,
        ...(validator === undefined ? {} : { validator }),
        ...(integrity.algorithm === 'sha256' ? { sha256: integrity.hex } : {}),
      });
    }
    return { bytes, from: 'network', integrity };
  }

  private async check(arrived: Arrived): Promise<Arrived> {
    const { url, options, shelf, integrity } = this;
    if (integrity === undefined) return arrived;
    try {
      await requireIntegrity(url, arrived.bytes, integrity);
      return arrived;
    } catch (error) {
      await shelf.begin(undefined);
      // What an earlier process left may be at fault.
      if (!arrived.resumed) throw error;
      return this.check(await transfer(url, options, undefined, shelf));
    }
  }
}

/**
 * Fetches a file, or takes it from the cache. An interrupted download is resumed where it ended, by this process
 * or a later one; what has a hash is held to it, what has none is asked for again if the server has another.
 *
 * @throws ArgumentError for what is no address or no hash
 * @throws WeightsError where the server refuses, every try fails, or the file isn't what it should be
 */
export async function download(
  url: string | URL,
  options: DownloadOptions = {},
  cache?: WeightCache,
): Promise<Download> {
  const { integrity, signal, onWarning } = options;
  const address = requireAddress('url', url);
  if (integrity !== undefined) requireHash(integrity);
  signal?.throwIfAborted();
  const key = await keyOf(address, integrity);
  const shelf = new Shelf(cache, address, key, onWarning);
  return new Downloading(address, options, shelf).run();
}
