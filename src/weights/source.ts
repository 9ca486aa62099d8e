import * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import { bytesIn } from '../bytes.js';
import { reject } from '../errors.js';
import type { Scope } from '../model/seam.js';
import { sha256 } from '../sha256.js';
import { ofBytes, type Progress } from '../progress.js';
import { absolute, requireAddress } from './download/address.js';
import { browserCache } from './download/browser-cache.js';
import type { Download } from './download/download.js';
import type { DownloadOptions } from './download/options.js';
import { type Integrity, requireHash, requireIntegrity } from './download/integrity.js';
import type { WeightFile } from './formats/named-array.js';
import { parseWeights } from './formats/parse.js';
import type { ReadBeside } from './formats/shards.js';
import { pretrainedByName } from './pretrained.js';
import { resolvePretrained } from './resolve-pretrained.js';
import { type Surroundings, weightFiles } from './surroundings.js';

/**
 * Where weights come from: `'imagenet'` or another name from {@link pretrainedWeights}, an http(s) URL, a file's bytes, or tensors by
 * Keras's or torch's names; in Node also a file's path or `file:` URL. A name takes precedence over a file of that name. A URL or path
 * may point to a `model.safetensors.index.json` with its files next to it.
 */
export type WeightSource = string | URL | Uint8Array | ArrayBuffer | Blob | tf.NamedTensorMap;

export interface LoadOptions extends DownloadOptions {
  /**
   * Which part of the model to load.
   * @default 'all'; for weights by name `'base'`, unless the model ends in ImageNet's top
   */
  readonly scope?: Scope;
  /**
   * URL of a host with the same paths, from which to download weights by name.
   * @default `$RESNET_HEADS_MIRROR` in Node, otherwise the publisher's host
   */
  readonly mirror?: string;
  /**
   * Whether to cache downloads: in the browser's Cache API if available, in Node on disk.
   * @default true
   */
  readonly cache?: boolean;
  /** Folder of the cache in Node. @default `resnet-heads/weights` in `$XDG_CACHE_HOME` or `~/.cache` */
  readonly cacheFolder?: string | URL;
}

/** Where a file's bytes came from. */
export type Origin = 'network' | 'cache' | 'disk' | 'memory';

/** A source that has been read, but not yet matched with the model. */
export interface Reading {
  readonly name: string;
  readonly from: Origin;
  readonly scope: Scope;
  readonly file: WeightFile;
  readonly sha256?: string;
  readonly verified?: Integrity;
  readonly preprocessing?: Preprocessing;
}

/** Name of bytes and tensors, which have no address, in error messages. */
const UNNAMED = 'weights';

async function readTensors(tensors: tf.NamedTensorMap): Promise<WeightFile> {
  const entries = Object.entries(tensors);
  for (const [name, tensor] of entries) {
    if (!(tensor instanceof tf.Tensor)) reject(`source "${name}"`, 'a tf.Tensor', tensor);
  }
  const arrays = await Promise.all(
    entries.map(async ([name, tensor]) => ({
      // TensorFlow.js saves `conv1_conv/kernel`, Keras 2 `conv1_conv/kernel:0`.
      name: name.replace(/:0$/, ''),
      shape: tensor.shape,
      data: Float32Array.from(await tensor.data()),
    })),
  );
  return { format: 'tensors', arrays, skipped: [] };
}

/** Copies the numbers, because the bytes belong to the caller, who may write to them or transfer them. */
function ownNumbers(reading: Reading): Reading {
  const arrays = reading.file.arrays.map((array) => ({ ...array, data: array.data.slice() }));
  return { ...reading, file: { ...reading.file, arrays } };
}

const hasScheme = (source: string | URL, scheme: RegExp): boolean => scheme.test(String(source));

/** Reads one source; see {@link readSource}. */
class SourceReader {
  constructor(
    private readonly options: LoadOptions,
    private readonly surroundings: Surroundings,
  ) {}

  async read(model: tf.LayersModel | undefined, source: WeightSource): Promise<Reading> {
    const { integrity } = this.options;
    if (typeof source === 'string' || source instanceof URL) {
      if (hasScheme(source, /^https?:/)) return this.fetch(String(source), integrity);
      if (model !== undefined && typeof source === 'string' && pretrainedByName(source)) {
        return this.named(model, source);
      }
      return this.path(source);
    }
    const bytes = await bytesIn(source);
    if (bytes !== undefined) {
      const reading = await this.check(UNNAMED, bytes, 'memory');
      // A Blob's bytes are already a copy.
      return source instanceof Blob ? reading : ownNumbers(reading);
    }
    const tensors: unknown = source;
    if (typeof tensors !== 'object' || tensors === null || Array.isArray(tensors)) {
      reject('source', 'a name, a URL, bytes, a Blob or tensors by name', source);
    }
    const file = await readTensors(source as tf.NamedTensorMap);
    return { name: UNNAMED, from: 'memory', scope: this.scope, file };
  }

  private get scope(): Scope {
    return this.options.scope ?? 'all';
  }

  private async named(model: tf.LayersModel, name: string): Promise<Reading> {
    const { mirror: address, integrity: pinned, scope: wanted } = this.options;
    const mirror =
      address === undefined ? this.surroundings.mirror : { subject: 'mirror', address };
    if (mirror !== undefined) requireAddress(mirror.subject, mirror.address);
    const resolved = resolvePretrained(model, name, { scope: wanted, mirror: mirror?.address });
    const { url, integrity, preprocessing, scope } = resolved;
    return { ...(await this.fetch(url, pinned ?? integrity)), scope, preprocessing };
  }

  private async path(path: string | URL): Promise<Reading> {
    const { readFile } = this.surroundings;
    if (readFile === undefined) {
      const url = absolute(path);
      if (url !== undefined && hasScheme(url, /^https?:/)) {
        return this.fetch(url.href, this.options.integrity);
      }
      reject(
        'source',
        '"imagenet", a name of pretrainedWeights(), or an http(s) URL',
        String(path),
        'paths are read in Node only',
      );
    }
    const { bytes, sha256: hex } = await readFile(path);
    const beside = async (name: string) => (await readFile(path, name)).bytes;
    return this.check(String(path), bytes, 'disk', hex, beside);
  }

  private async fetch(url: string, integrity: Integrity | undefined): Promise<Reading> {
    // Imported on demand: local files don't need it.
    const { download } = await import('./download/download.js');
    const { onProgress, cache: wanted } = this.options;
    const cache = wanted === false ? undefined : this.surroundings.cache;
    let [before, from]: [number, Origin] = [0, 'cache'];
    // With several files, the total is known only during the last one's download.
    const get = async (address: string, isLast: boolean): Promise<Download> => {
      const tell = ({ done, total }: Progress) => {
        const all = isLast && total !== undefined ? before + total : undefined;
        onProgress?.(ofBytes(before + done, all));
      };
      const options = { ...this.options, ...(integrity && { integrity }), onProgress: tell };
      const file = await download(address, options, cache);
      before += file.bytes.length;
      if (file.from === 'network') from = file.from;
      return file;
    };
    const { bytes } = await get(url, true);
    const beside: ReadBeside = async (name, isLast) =>
      (await get(new URL(name, url).href, isLast)).bytes;
    const reading = await this.parse(url, bytes, from, integrity, undefined, beside);
    return { ...reading, from };
  }

  private async check(
    name: string,
    bytes: Uint8Array,
    from: Origin,
    hex?: string,
    beside?: ReadBeside,
  ): Promise<Reading> {
    const { integrity } = this.options;
    if (integrity !== undefined) {
      requireHash(integrity);
      await requireIntegrity(name, bytes, integrity, hex);
    }
    return this.parse(name, bytes, from, integrity, hex, beside);
  }

  private async parse(
    name: string,
    bytes: Uint8Array,
    from: Origin,
    verified: Integrity | undefined,
    hex = verified?.algorithm === 'sha256' ? verified.hex.toLowerCase() : undefined,
    beside?: ReadBeside,
  ): Promise<Reading> {
    const others: ReadBeside | undefined =
      beside &&
      ((shard, isLast) => {
        if (verified === undefined) return beside(shard, isLast);
        reject(
          'integrity',
          'none for an index of several files, whose own hash does not cover them',
          verified.hex,
        );
      });
    // In parallel: WebCrypto hashes in its own thread.
    const [file, hash] = await Promise.all([parseWeights(bytes, others), hex ?? sha256(bytes)]);
    const facts = { name, from, scope: this.scope, file };
    if (file.shards !== undefined) return facts;
    return { ...facts, sha256: hash, ...(verified && { verified }) };
  }
}

/**
 * Reads weights from any source.
 *
 * @param model the model to load, which determines the file that a name refers to; without it, names are not supported
 */
export async function readSource(
  model: tf.LayersModel | undefined,
  source: WeightSource,
  options: LoadOptions,
): Promise<Reading> {
  const node = weightFiles.get();
  const { cacheFolder } = options;
  if (node === undefined && cacheFolder !== undefined) {
    reject('cacheFolder', 'none in a browser, which has its own cache', String(cacheFolder));
  }
  const surroundings = node?.surroundings(cacheFolder) ?? { cache: browserCache() };
  return new SourceReader(options, surroundings).read(model, source);
}
