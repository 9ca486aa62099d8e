import { createHash } from 'node:crypto';
import { identityOf, type Manifest, shardName } from './manifest.js';
import type { Store } from './store.js';
import { type FeatureTable, openTable, TornTable } from './table.js';

/** What a shard notes about itself. */
export interface ShardNote {
  /** SHA-256 of the manifest. */
  readonly job: string;
  readonly shard: number;
  /** Names of the pictures that couldn't be decoded. */
  readonly skipped: readonly string[];
  /** Which of the shard's listed pictures these are, counted from 0. */
  readonly gaps: readonly number[];
}

export const textOf = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

/** What ties a shard to its manifest. */
export const jobOf = (manifest: Manifest): string =>
  createHash('sha256').update(identityOf(manifest)).digest('hex');

/** Whether a shard has as many pictures as are listed for it, but for those that it notes as skipped. */
function hasAll(
  { shards, pictures: { count } }: Manifest,
  { shard, gaps }: Partial<ShardNote>,
  own: number,
) {
  if (count === null || shard === undefined) return true;
  const listed = Math.ceil((count - shard) / shards);
  const isRising = (gap: unknown, i: number) =>
    Number.isInteger(gap) && Number(gap) > (gaps?.[i - 1] ?? -1) && Number(gap) < listed;
  return Array.isArray(gaps) && gaps.every(isRising) && own + gaps.length === listed;
}

/** What is wrong with a shard: there is none, it is of another extraction, or it is damaged. */
export type Fault = 'missing' | 'foreign' | 'torn';

/**
 * Opens a shard.
 *
 * @returns what is wrong with it, if anything
 */
export async function openShard(
  store: Store,
  manifest: Manifest,
  index: number,
): Promise<FeatureTable | Fault> {
  const file = await store.file(shardName(index, manifest.shards));
  if (file === undefined) return 'missing';
  let table: FeatureTable;
  try {
    table = await openTable(file);
  } catch (error) {
    if (error instanceof TornTable) return 'torn';
    throw error;
  }
  const { note } = table;
  const { job, shard } = note as Partial<ShardNote>;
  if (job !== jobOf(manifest) || shard !== index) return 'foreign';
  const isPlausible =
    note.shape.join() === manifest.shape.join() &&
    note.dtype === manifest.dtype &&
    note.rows % manifest.views === 0 &&
    hasAll(manifest, note as Partial<ShardNote>, note.rows / manifest.views);
  return isPlausible ? table : 'torn';
}
