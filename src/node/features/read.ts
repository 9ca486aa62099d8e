import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { ArgumentError, present, reject } from '../../errors.js';
import { volume } from '../../layers/cost/layer-cost.js';
import type { FeatureFiles } from '../../pictures/feature-files.js';
import type { OpenedFeatures } from '../../pictures/opened-features.js';
import { numbering } from '../../pictures/multi-label.js';
import { toPath } from '../folder-files.js';
import { namesIn } from '../images/label-text.js';
import { fail } from '../images/table.js';
import { isAddress, isBucketAddress } from '../remote/address.js';
import { localStore } from './local-store.js';
import type { FeatureFolder } from './part.js';
import { type Order, orderOf, type Shard } from './order.js';
import { type Manifest, MANIFEST_FILE, readManifest, shardName } from './manifest.js';
import { openShard } from './shard.js';
import { type FeatureTable, TornTable } from './table.js';

/** So many values stay in memory once they are read: 512 MB. */
const MOST_KEPT = 2 ** 27;

/** Words for what is wrong with a shard. */
const FAULTS = {
  missing: 'none',
  foreign: 'one of another extraction',
  torn: 'an incomplete or damaged one',
} as const;

const REMEDY = 'extract with the same options again, which computes what is missing or torn';

/** Opens a folder's files. */
async function openShards(folder: string, manifest: Manifest): Promise<readonly Shard[]> {
  const store = localStore(folder);
  const shards: Shard[] = [];
  let from = 0;
  for (let index = 0; index < manifest.shards; index++) {
    const path = join(folder, shardName(index, manifest.shards));
    const table = await openShard(store, manifest, index);
    if (typeof table === 'string') {
      fail(
        path,
        'a file of features',
        FAULTS[table],
        table === 'foreign' ? `remove it, and ${REMEDY}` : REMEDY,
      );
    }
    shards.push({ path, table, from });
    from += table.note.rows;
  }
  if (from === 0) reject(folder, 'features of at least one picture', 'none');
  return shards;
}

async function requireFolder(folder: string): Promise<Manifest> {
  if (isAddress(folder)) {
    const remedy = isBucketAddress(folder)
      ? `copy it first: aws s3 sync ${folder} FOLDER`
      : 'download it first';
    reject('features', 'a folder of features', folder, remedy);
  }
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    reject('features', 'a folder of features', folder, 'there is no such folder');
  }
  const manifest = await readManifest(localStore(folder));
  return (
    manifest ??
    fail(folder, 'a folder of features', `one without ${MANIFEST_FILE}`, 'extract them again')
  );
}

/** Runs `work`, and tells of a file that can't be read or isn't whole. */
async function toldOf(shard: Shard, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const isOfFile =
      cause instanceof TornTable || (cause as NodeJS.ErrnoException).code !== undefined;
    if (!isOfFile) throw cause;
    throw new ArgumentError(
      `${shard.path}: expected a file of features, got ${(cause as Error).message}; extract them again`,
      { cause },
    );
  }
}

/** Passes on the texts of a column of a file. */
const textsOf = (shard: Shard, ...how: Parameters<FeatureTable['texts']>): Promise<void> =>
  toldOf(shard, () => shard.table.texts(...how));

/** The labels of all images, by number. */
async function labelsOf(
  shards: readonly Shard[],
  { imageOf }: Order,
  classes: readonly string[],
  multiLabel: boolean,
) {
  const last = present(shards.at(-1), 'shard');
  const labels = new Int32Array(last.from + last.table.note.rows);
  const { numberOf, labelSets } = numbering(classes, multiLabel);
  const known = new Map<string, number>();
  for (const shard of shards) {
    const { path } = shard;
    await textsOf(shard, 'label', (text, row) => {
      if (text === null) {
        fail(path, 'a label in each row', `none in row ${row}`, 'extract labelled pictures');
      }
      let number = known.get(text);
      if (number === undefined) {
        const names = namesIn(text, multiLabel, { file: path, at: `in row ${row}` });
        const unknown = names.find((name) => !classes.includes(name));
        if (unknown !== undefined) reject(path, `labels from ${classes.join(', ')}`, unknown);
        number = numberOf(multiLabel ? names : text);
        known.set(text, number);
      }
      labels[imageOf(shard, row)] = number;
    });
  }
  return { labels, labelSets };
}

/** The class names in files of features, sorted. */
async function classesIn(shards: readonly Shard[], multiLabel: boolean): Promise<string[]> {
  const found = new Set<string>();
  for (const shard of shards) {
    await textsOf(shard, 'label', (text, row) => {
      const place = { file: shard.path, at: `in row ${row}` };
      for (const name of text === null ? [] : namesIn(text, multiLabel, place)) found.add(name);
    });
  }
  return [...found].sort();
}

/** Opens a folder of features; see `openFeatures`. */
export async function openFolder(source: string | URL): Promise<OpenedFeatures> {
  const folder = toPath(source);
  const manifest = await requireFolder(folder);
  const { shape, featureShape, views, multiLabel } = manifest;
  const shards = await openShards(folder, manifest);
  const order = orderOf(manifest, shards);
  const classes = manifest.classes ?? (await classesIn(shards, multiLabel));
  const { labels, labelSets } = await labelsOf(shards, order, classes, multiLabel);
  const size = volume(shape);
  const whole = new Set<Shard>();
  const requireWhole = async (shard: Shard) => {
    if (whole.has(shard)) return;
    if (!(await shard.table.isWhole())) {
      fail(shard.path, 'a file as it was written', 'a damaged one', 'extract the features again');
    }
    whole.add(shard);
  };
  const kept = new Map<Shard, Float32Array>();
  /** The rows of a file, if all files together are small: L-BFGS reads them some hundred times. */
  const keptRows = async (shard: Shard): Promise<Float32Array | undefined> => {
    if (labels.length * size > MOST_KEPT) return undefined;
    const known = kept.get(shard);
    if (known !== undefined) return known;
    await requireWhole(shard);
    const { rows } = shard.table.note;
    const values = new Float32Array(rows * size);
    await shard.table.pick([{ from: 0, to: 0, count: rows }], values);
    kept.set(shard, values);
    return values;
  };
  const files = {
    ...{ classes, labels, shape, featureShape },
    ...(labelSets && { labelSets }),
    ...(views > 1 && { views }),
  };
  const read: FeatureFiles['read'] = async (images) => {
    const wrong = images.find((image) => !(image >= 0 && image < labels.length));
    if (wrong !== undefined) reject('images', `indices from 0 to ${labels.length - 1}`, wrong);
    const values = new Float32Array(images.length * size);
    for (const [shard, runs] of order.runsOf(images)) {
      await toldOf(shard, async () => {
        const rows = await keptRows(shard);
        if (rows === undefined) {
          await requireWhole(shard);
          await shard.table.pick(runs, values);
        }
        for (const { from, to, count } of rows ? runs : []) {
          values.set(rows?.subarray(from * size, (from + count) * size) ?? [], to * size);
        }
      });
    }
    return tf.tensor(values, [images.length, ...shape]);
  };
  const own: FeatureFolder = {
    ...{ folder, manifest, files, read },
    async texts(column, take) {
      for (const shard of shards) {
        await textsOf(shard, column, (text, row) => {
          take(text, order.imageOf(shard, row));
        });
      }
    },
  };
  return {
    ...files,
    backbone: manifest.backbone,
    read,
    readSet: async (options) => (await import('./part.js')).setOfFeatures(own, options),
    readPart: async (...args) => (await import('./part.js')).wholeOfFeatures(own, ...args),
  };
}
