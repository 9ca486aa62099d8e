import { ofBytes, type Progress } from '../../progress.js';
import { sha256 } from '../../sha256.js';
import { requireAddress } from './address.js';
import type { Known } from './arrival.js';
import { type CachedFile, keyOf, type WeightCache } from './cache.js';
import { type Integrity, requireHash, requireIntegrity } from './integrity.js';
import type { DownloadOptions } from './options.js';
import { Shelf } from './shelf.js';
import { type Arrived, transfer, UnreachableError } from './transfer.js';

/** A downloaded or cached file. */
export interface Download {
  readonly bytes: Uint8Array;
  readonly from: 'network' | 'cache';
  /** Its hash, by the expected algorithm or SHA-256. */
  readonly integrity: Integrity;
}

function knownOf(file: CachedFile | undefined, whole: boolean): Known | undefined {
  if (file?.validator === undefined || file.bytes.length === 0) return undefined;
  return { bytes: file.bytes, validator: file.validator, whole };
}

/** Suppresses steps that bring nothing new, and after a restart those up to the earlier position. */
function increasing(onProgress: (progress: Progress) => void): (progress: Progress) => void {
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
    this.options = onProgress ? { ...options, onProgress: increasing(onProgress) } : options;
    this.integrity = integrity;
  }

  async run(): Promise<Download> {
    const { url, options, shelf, integrity } = this;
    options.onProgress?.(ofBytes(0, undefined));
    let cached = await shelf.read();
    // The hash matches, so the server needn't be asked.
    if (cached && integrity) return this.fromCache(cached);
    await shelf.claim(options.signal);
    try {
      // Another call may have downloaded it while this one waited for the lock.
      cached ??= await shelf.read();
      if (cached && integrity) return this.fromCache(cached);
      const known = knownOf(cached, true) ?? knownOf(await shelf.partial(), false);
      const arrived = await transfer(url, options, known, shelf);
      if (cached && arrived.unchanged) return this.fromCache(cached);
      return await this.keep(arrived);
    } catch (error) {
      if (cached === undefined || !(error instanceof UnreachableError)) throw error;
      shelf.warn(
        'an answer whether the cached file is current',
        'none',
        'the cached file is used',
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
    // Without a published hash or a validator, there would be no way to know that the cached file is outdated.
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
      // The partial file of an earlier process may be corrupt.
      if (!arrived.resumed) throw error;
      return this.check(await transfer(url, options, undefined, shelf));
    }
  }
}

/**
 * Downloads a file, or reads it from the cache. An interrupted download is resumed, by this process or a later one. A file with a
 * published hash is checked against it; one without is downloaded again if the server's has changed.
 *
 * @throws ArgumentError on an invalid address or hash
 * @throws WeightsError if the server refuses, every try fails, or the file has another hash
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
