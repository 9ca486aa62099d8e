import { reject } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { sha256 } from '../sha256.js';
import { requireAddress } from '../weights/download/address.js';
import { expectedOf, keyOf } from '../weights/download/cache.js';
import { type Download, download } from '../weights/download/download.js';
import type { DownloadOptions } from '../weights/download/options.js';
import { type Integrity, md5 } from '../weights/download/integrity.js';
import { WeightsError } from '../weights/errors.js';
import type { WeightFile } from '../weights/formats/named-array.js';
import { parseWeights } from '../weights/formats/parse.js';
import { identifyResnet, type ResnetIdentity } from '../weights/identify.js';
import { toKerasNames } from '../weights/keras-names.js';
import { locate, pretrainedByName, pretrainedWeights } from '../weights/pretrained.js';
import type { HashedFile } from '../weights/surroundings.js';
import { type DiskCache, diskCache } from './disk-cache.js';
import { mirrorOfUser } from './mirror.js';
import { readWeightFile } from './read-file.js';

export interface PullOptions extends Omit<DownloadOptions, 'onWarning'> {
  /** Whether to download the file with ImageNet's own top. @default false */
  readonly top?: boolean;
  /** @default `$RESNET_HEADS_MIRROR`, otherwise the publisher's host */
  readonly mirror?: string;
  /** @default the user's cache */
  readonly cache?: DiskCache;
}

/** A weight file in the cache. */
export interface Pulled extends Download {
  readonly url: string;
  readonly path: string;
}

/** The URL and the hash for a name or a URL. */
function resolve(
  source: string,
  { top = false, mirror, integrity }: PullOptions,
): { readonly url: string; readonly integrity: Integrity | undefined } {
  if (/^https?:/.test(source)) return { url: source, integrity };
  const weights = pretrainedByName(source);
  if (weights === undefined) {
    const names = pretrainedWeights().map(({ name }) => name);
    reject('name', `an http(s) URL, or one of ${names.join(', ')}`, source);
  }
  const host = mirror === undefined ? mirrorOfUser() : { subject: 'mirror', address: mirror };
  if (host !== undefined) requireAddress(host.subject, host.address);
  const published = locate(weights, top, host?.address);
  return { url: published.url, integrity: integrity ?? published.integrity };
}

/**
 * Downloads a weight file to the user's cache, where `loadWeights` finds it; if it has a published hash, without a network
 * request.
 *
 * @param source a name from `pretrainedWeights()`, or an http(s) URL
 * @throws WeightsError if it can't be downloaded, doesn't match its hash, or can't be cached
 */
export async function pullWeights(source: string, options: PullOptions = {}): Promise<Pulled> {
  const { cache = diskCache() } = options;
  const { url, integrity } = resolve(source, options);
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  const settings = { ...options, ...(integrity && { integrity }), onWarning };
  const pulled = await download(url, settings, cache);
  const key = await keyOf(requireAddress('url', url), integrity);
  if (!(await cache.keys()).includes(key)) {
    throw (
      warnings[0] ??
      new WeightsError(
        `${url}: expected an ETag, a Last-Modified date or a hash to cache it by, got none; pass its hash`,
      )
    );
  }
  return { ...pulled, url, path: cache.pathOf(key) };
}

/** A file, and whether it matches its published hash or the hash when it was downloaded. */
export interface Verdict {
  readonly path: string;
  readonly bytes: number;
  readonly state: 'ok' | 'damaged' | 'unknown';
  /** The hash that it has or should have. */
  readonly integrity: Integrity | undefined;
  /** Name of the published weights that it belongs to. */
  readonly name?: string;
}

const same = (a: Integrity | undefined, b: Integrity): boolean =>
  a?.algorithm === b.algorithm && a.hex === b.hex.toLowerCase();

/** Finds the published weights that have a file with one of these hashes. */
function publishedAs(
  hashes: readonly Integrity[],
): { name: string; integrity: Integrity } | undefined {
  for (const { name, withTop, withoutTop } of pretrainedWeights()) {
    for (const { integrity } of [withTop, ...(withoutTop ? [withoutTop] : [])]) {
      if (integrity && hashes.some((hash) => same(hash, integrity))) return { name, integrity };
    }
  }
  return undefined;
}

const hashed = async (bytes: Uint8Array): Promise<HashedFile> => ({
  bytes,
  sha256: await sha256(bytes),
});

const hashesOf = async (file: HashedFile): Promise<readonly [Integrity, Integrity]> => [
  { algorithm: 'md5', hex: await md5(file.bytes) },
  { algorithm: 'sha256', hex: file.sha256 },
];

/** Checks by its hash whether a file is a published one. */
export async function verifyFile(path: string): Promise<Verdict> {
  const file = await readWeightFile(path);
  const hashes = await hashesOf(file);
  const { length: bytes } = file.bytes;
  const published = publishedAs(hashes);
  return published
    ? { path, bytes, state: 'ok', ...published }
    : { path, bytes, state: 'unknown', integrity: hashes[1] };
}

/** Checks whether each file in the cache is unchanged. */
export async function* verifyCache(cache: DiskCache = diskCache()): AsyncGenerator<Verdict> {
  for (const key of await cache.keys()) {
    const file = await cache.read(key);
    // Another process may have removed it.
    if (file === undefined) continue;
    const expected = expectedOf(key, file);
    const hashes = await hashesOf(await hashed(file.bytes));
    const found = expected && hashes.some((hash) => same(hash, expected));
    const name = expected && publishedAs([expected])?.name;
    yield {
      path: cache.pathOf(key),
      bytes: file.bytes.length,
      state: found === undefined ? 'unknown' : found ? 'ok' : 'damaged',
      integrity: expected,
      ...(name === undefined ? {} : { name }),
    };
  }
}

/** The content of a weight file. */
export interface Inspection {
  readonly format: string;
  /** Of all files together, if an index lists several. */
  readonly bytes: number;
  /** Absent if there are several files. */
  readonly sha256?: string;
  /** The ResNet that it belongs to, if its names identify one. */
  readonly resnet?: ResnetIdentity;
  readonly params: number;
  readonly arrays: readonly { readonly name: string; readonly shape: Shape }[];
  /** Entries without floating-point numbers. */
  readonly skipped: readonly string[];
}

async function fetchBytes(source: string, options: PullOptions): Promise<Uint8Array> {
  const { url, integrity } = resolve(source, options);
  const { cache = diskCache() } = options;
  return (await download(url, { ...options, ...(integrity && { integrity }) }, cache)).bytes;
}

/** Identifies a file's ResNet; undefined if its names aren't a ResNet's or are ambiguous. */
function identify(file: WeightFile): ResnetIdentity | undefined {
  try {
    return identifyResnet(new Set(toKerasNames(file).arrays.keys()));
  } catch (error) {
    if (error instanceof WeightsError) return undefined;
    throw error;
  }
}

/**
 * Reads a weight file without a model.
 *
 * @param source a path, a name from `pretrainedWeights()`, or an http(s) URL
 */
export async function inspectWeights(
  source: string,
  options: PullOptions = {},
): Promise<Inspection> {
  const remote = /^https?:/.test(source) || pretrainedByName(source) !== undefined;
  const { bytes, sha256: hex } = remote
    ? await hashed(await fetchBytes(source, options))
    : await readWeightFile(source);
  let size = bytes.length;
  const file = await parseWeights(bytes, async (name) => {
    const shard = remote
      ? await fetchBytes(new URL(name, resolve(source, options).url).href, options)
      : (await readWeightFile(source, name)).bytes;
    size += shard.length;
    return shard;
  });
  const resnet = identify(file);
  return {
    format: file.format,
    bytes: size,
    ...(file.shards === undefined && { sha256: hex }),
    ...(resnet && { resnet }),
    params: file.arrays.reduce((sum, { data }) => sum + data.length, 0),
    arrays: file.arrays.map(({ name, shape }) => ({ name, shape })),
    skipped: file.skipped,
  };
}
