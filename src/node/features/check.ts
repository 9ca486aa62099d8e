import { type Manifest, shardName } from './manifest.js';
import { type Fault, openShard, type ShardNote } from './shard.js';
import type { Store } from './store.js';

/** A shard that was looked at. */
export interface CheckedShard {
  readonly index: number;
  readonly file: string;
  readonly state: Fault | 'complete';
  readonly pictures: number;
  readonly skipped: readonly string[];
}

/** Names of files that look like shards, and aren't those of the manifest: other programs would read them as well. */
export async function strayFiles(store: Store, manifest: Manifest): Promise<readonly string[]> {
  const own = new Set([...Array(manifest.shards).keys()].map((i) => shardName(i, manifest.shards)));
  return (await store.names()).filter((name) => name.endsWith('.parquet') && !own.has(name));
}

/** Checks each shard in turn: whether it is there, of this extraction, and as it was written. Every byte is read. */
export async function* checkShards(store: Store, manifest: Manifest): AsyncGenerator<CheckedShard> {
  for (let index = 0; index < manifest.shards; index++) {
    const file = shardName(index, manifest.shards);
    const table = await openShard(store, manifest, index);
    if (typeof table === 'string') {
      yield { index, file, state: table, pictures: 0, skipped: [] };
      continue;
    }
    const state = (await table.isWhole()) ? 'complete' : 'torn';
    const { skipped = [] } = table.note as Partial<ShardNote>;
    if (state === 'torn') yield { index, file, state, pictures: 0, skipped: [] };
    else yield { index, file, state, pictures: table.note.rows / manifest.views, skipped };
  }
}
