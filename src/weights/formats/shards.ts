import { WeightsError } from '../errors.js';
import type { NamedArray, WeightFile } from './named-array.js';
import { MAX_HEADER_BYTES, parseSafetensors } from './safetensors.js';

/** Reads another file of the same folder; `isLast` is true for the last of several. */
export type ReadBeside = (name: string, isLast: boolean) => Promise<Uint8Array>;

/** Names of the arrays in each file, as listed in `model.safetensors.index.json` (huggingface_hub). */
export type ShardIndex = ReadonlyMap<string, ReadonlySet<string>>;

/** The largest models published have a few hundred. */
const MAX_SHARDS = 1000;
/** A name in the same folder, not a path to another one. */
const SHARD_NAME = /^[\w-][\w.-]{0,200}\.safetensors$/;
/** Most characters of a name that an error message shows. */
const SHOWN = 60;

const failure = (what: string): WeightsError =>
  new WeightsError(`safetensors index: ${what}; the index is damaged, or belongs to other files`);

/** Parses an index; undefined if the bytes aren't one. */
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
      throw failure(`expected names of safetensors files in the same folder, got ${got}`);
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
 * Reads the files of an index, and checks each by itself and against the index.
 *
 * @throws WeightsError if one is damaged, or its arrays aren't those that the index lists
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
        `"${shard}" expected the ${expected.size} arrays that the index lists, got ${names.length}, of which ${others.length} are not listed`,
      );
    }
    for (const array of file.arrays) arrays.push(array);
    for (const name of file.skipped) skipped.push(name);
  }
  return { format: 'safetensors', arrays, skipped, shards };
}
