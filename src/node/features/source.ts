import { createHash } from 'node:crypto';
import { reject, requirePositiveInteger } from '../../errors.js';
import { namesIn } from '../images/label-text.js';
import type { PictureFile } from '../images/picture-file.js';

/** A picture to compute features of. */
export interface Entry extends PictureFile {
  /** What the features' files call it, the same on every machine. */
  readonly name: string;
  /** Null if it isn't known. */
  readonly label: string | null;
  /** The part of a data set that it is of, if it has parts. */
  readonly split?: Split | undefined;
}

export type Split = 'train' | 'validation' | 'test';

/** The pictures of an extraction, which any number of workers divide among themselves. */
export interface Source {
  /** How many there are; undefined if that isn't known before they are read. */
  readonly count: number | undefined;
  /** SHA-256 of what is listed. */
  readonly sha256: string;
  readonly classes: readonly string[] | undefined;
  readonly multiLabel: boolean;
  readonly shards: number;
  /** The pictures of a shard, counted from 0. */
  entries(shard: number): Iterable<Entry> | AsyncIterable<Entry>;
}

/** Pictures in a file, if their number of shards isn't given. */
const SHARD_PICTURES = 10_000;

export interface Division {
  /** How many shards there are. @default one for each 10,000 pictures */
  readonly shards?: number | undefined;
  /** The shards that this process computes, counted from 0. @default all */
  readonly own?: readonly number[] | undefined;
}

/**
 * Divides a list of pictures into shards: of n, the shard i has the pictures i, i + n, i + 2n and so on, so that each has pictures
 * of all classes. Only those of the process's own shards are held.
 *
 * @param listed in an order that is the same for every worker
 * @param classes in the order of the scores. @default the labels, sorted
 * @throws ArgumentError if there are fewer pictures than shards
 */
export async function divide(
  listed: Iterable<Entry> | AsyncIterable<Entry>,
  { shards, own }: Division,
  { classes, multiLabel = false }: { classes?: readonly string[]; multiLabel?: boolean } = {},
): Promise<Source> {
  if (shards !== undefined) requirePositiveInteger('shards', shards);
  const hash = createHash('sha256');
  const labels = new Set<string>();
  const wanted = own && new Set(own);
  const held = new Map<number, Entry>();
  let count = 0;
  for await (const entry of listed) {
    const { name, label: own, split = null } = entry;
    hash.update(`${JSON.stringify([name, own, split])}\n`);
    if (own !== null) {
      const names = namesIn(own, multiLabel, { file: 'pictures', at: `for ${name}` });
      for (const each of names) labels.add(each);
    }
    if (shards === undefined || wanted?.has(count % shards) !== false) held.set(count, entry);
    count++;
  }
  const all = shards ?? Math.max(1, Math.ceil(count / SHARD_PICTURES));
  if (count < all) reject('shards', `at most ${count}, the number of pictures`, all);
  return {
    ...{ count, shards: all, multiLabel, sha256: hash.digest('hex') },
    classes: classes ?? [...labels].sort(),
    *entries(shard) {
      for (let i = shard; i < count; i += all) {
        const entry = held.get(i);
        if (entry !== undefined) yield entry;
      }
    },
  };
}
