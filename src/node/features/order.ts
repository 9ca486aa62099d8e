import { present } from '../../errors.js';
import type { Manifest } from './manifest.js';
import type { Run } from './runs.js';
import type { ShardNote } from './shard.js';
import type { FeatureTable } from './table.js';

/** A file of features, and where its rows are among those of all files, one file after the other. */
export interface Shard {
  readonly path: string;
  readonly table: FeatureTable;
  /** Index of its first row. */
  readonly from: number;
}

/** Which row an image has. Images are in the order of the list of pictures, whatever the number of files. */
export interface Order {
  /** The image of a row of a file. */
  readonly imageOf: (shard: Shard, row: number) => number;
  /** Groups images by file, in runs of consecutive rows. */
  readonly runsOf: (images: Int32Array) => Map<Shard, Run[]>;
}

/**
 * The pictures of all files, one file after the other, in the order of the list: of n files, the file i has the pictures i, i + n,
 * and so on, without those that were skipped.
 */
function listed(shards: readonly Shard[], views: number): Int32Array {
  const files = shards.map(({ table: { note }, from }) => {
    const { gaps = [] } = note as Partial<ShardNote>;
    const next = from / views;
    return { gaps: new Set(gaps), next, end: next + note.rows / views };
  });
  const order = new Int32Array(present(files.at(-1), 'file').end);
  let count = 0;
  for (let place = 0; count < order.length; place++) {
    for (const file of files) {
      if (file.next < file.end && !file.gaps.has(place)) order[count++] = file.next++;
    }
  }
  return order;
}

/** Where the numbers of a list are in it. */
function inverse(list: Int32Array): Int32Array {
  const places = new Int32Array(list.length);
  list.forEach((number, place) => (places[number] = place));
  return places;
}

/** The file of a row of all files. */
function shardOf(row: number, shards: readonly Shard[]): Shard {
  let [low, high] = [0, shards.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (present(shards[middle], 'shard').from <= row) low = middle;
    else high = middle - 1;
  }
  return present(shards[low], 'shard');
}

/** The order of the list of pictures; of tar files, of which a file has whole ones, that of the files. */
export function orderOf({ pictures, views }: Manifest, shards: readonly Shard[]): Order {
  const isListed = pictures.count !== null && shards.length > 1;
  const rows = isListed ? listed(shards, views) : undefined;
  const images = rows && inverse(rows);
  const through = (list: Int32Array | undefined, image: number): number =>
    list === undefined ? image : (list[Math.floor(image / views)] ?? 0) * views + (image % views);
  return {
    imageOf: (shard, row) => through(images, shard.from + row),
    runsOf(wanted) {
      const found = new Map<Shard, { from: number; to: number; count: number }[]>();
      wanted.forEach((image, to) => {
        const row = through(rows, image);
        const shard = shardOf(row, shards);
        const from = row - shard.from;
        const runs = found.get(shard) ?? [];
        const last = runs.at(-1);
        if (last && last.from + last.count === from && last.to + last.count === to) last.count++;
        else runs.push({ from, to, count: 1 });
        found.set(shard, runs);
      });
      return found;
    },
  };
}
