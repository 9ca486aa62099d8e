import { WeightsError } from '../errors.js';
import type { NamedArray, WeightFile } from './named-array.js';
import { MAX_HEADER_BYTES, parseSafetensors } from './safetensors.js';

/** Reads a file that lies beside the one at hand, the last of several or an earlier one. */
export type ReadBeside = (name: string, isLast: boolean) => Promise<Uint8Array>;

/** Which arrays each file has: what `model.safetensors.index.json` says (huggingface_hub). */
export type ShardIndex = ReadonlyMap<string, ReadonlySet<string>>;

/** The largest models published have a few hundred. */
const MAX_SHARDS = 1000;
/** A name in the same folder, and no path that leads elsewhere. */
const SHARD_NAME = /^[\w-][\w.-]{0,200}\.safetensors$/;
/** Characters of a name that an error message shows. */
const SHOWN = 60;

const failure = (what: string): WeightsError =>
  new WeightsError(`safetensors index: ${what}; the index is damaged, or belongs to other files`);

/** What an index says; nothing where the bytes are none. */
export function parseShardIndex(bytes: Uint8Array): ShardIndex | undefined {
  if (bytes.byteLength > MAX_HEADER_BYTES) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const { weight_map: map } = (json ?? {}) as { weight_map?: unknown };
  if (typeof map !== 'object' || map === null) return undefined;
  const shards = new Map<string, Set<string>>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !SHARD_NAME.test(shard)) {
      const got = typeof shard === 'string' ? JSON.stringify(shard.slice(0, SHOWN)) : typeof shard;
      throw failure(`expected the names of safetensors files beside it, got ${got}`);
    }
    const names = shards.get(shard) ?? new Set();
    shards.set(shard, names.add(name));
  }
  if (shards.size === 0 || shards.size > MAX_SHARDS) {
    throw failure(`expected 1 to ${MAX_SHARDS} files, got ${shards.size}`);
  }
  return shards;
}

/**
 * Reads the files of an index, each checked as one by itself is, and as the index describes it.
 *
 * @throws WeightsError where one is damaged, or holds other arrays than it should
 */
export async function parseShards(index: ShardIndex, read: ReadBeside): Promise<WeightFile> {
  const arrays: NamedArray[] = [];
  const skipped: string[] = [];
  const shards = [...index.keys()];
  for (const [shard, expected] of index) {
    const file = parseSafetensors(await read(shard, shard === shards.at(-1)), shard);
    const names = [...file.arrays.map(({ name }) => name), ...file.skipped];
    const others = names.filter((name) => !expected.has(name));
    if (names.length !== expected.size || others.length > 0) {
      throw failure(
        `"${shard}" expected the ${expected.size} arrays that the index names, got ${names.length}, of them ${others.length} others`,
      );
    }
    for (const array of file.arrays) arrays.push(array);
    for (const name of file.skipped) skipped.push(name);
  }
  return { format: 'safetensors', arrays, skipped, shards };
}
