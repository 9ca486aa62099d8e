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
    yield { index, file, state, pictures: table.note.rows / manifest.views, skipped };
  }
}
