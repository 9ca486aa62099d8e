import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../../backbone/backbone.js';
import type { Engine } from '../../engine/engine.js';
import type { EngineName } from '../../engine/names.js';
import { requireEngineFor } from '../../engine/start.js';
import { PictureError, present, requireOneOf } from '../../errors.js';
import type { FeatureOptions } from '../../pictures/set.js';
import { type FloatFormat, FLOAT_FORMATS } from '../../weights/formats/float-format.js';
import { publishedAs } from '../../weights/pretrained.js';
import { extractionOf } from '../extract-files.js';
import { fail } from '../images/table.js';
import { computeFeatures, imagesOf } from './compute.js';
import { Labels } from './labels.js';
import {
  type Manifest,
  MANIFEST_FILE,
  readManifest,
  requireSame,
  shardName,
  VERSION,
} from './manifest.js';
import { TEXTS, VIEW } from './parquet.js';
import { jobOf, openShard, type ShardNote, textOf } from './shard.js';
import type { Source } from './source.js';
import type { Store } from './store.js';
import { TableWriter } from './table-writer.js';

/** How features are extracted to files. */
export interface JobOptions extends Omit<FeatureOptions, 'label' | 'cacheFolder'> {
  readonly dtype: FloatFormat;
  /** The shards to compute, counted from 0. @default all */
  readonly own?: readonly number[] | undefined;
  /** Called for each shard that is complete. */
  readonly onShard?: ((shard: ShardResult, labels: Labels) => void) | undefined;
}

/** What became of a shard. */
export interface ShardResult {
  readonly index: number;
  readonly file: string;
  /** Whether it was there already. */
  readonly isKept: boolean;
  readonly pictures: number;
  /** Names of the pictures that couldn't be decoded. */
  readonly skipped: readonly string[];
}

/** A shard that is complete. */
interface Finished {
  readonly shard: ShardResult;
  readonly labels: Labels;
}

/** A published name, or the last part of a path or of an address, whose query may have a key. */
function shortName(name: string): string {
  if (publishedAs(name)) return name;
  const [way = ''] = name.split(/[?#]/);
  return way.split(/[/\\]/).filter(Boolean).at(-1) ?? name;
}

/** What computes the features: backends of TensorFlow.js differ in the last bits. */
const withBackend = (engine: EngineName): string =>
  engine === 'layers' ? `${engine}/${tf.getBackend()}` : engine;

/** Ends the work on a shard that another worker has completed. */
class Overtaken extends Error {
  constructor(readonly finished: Finished) {
    super();
  }
}

/** How often a worker looks whether another one has completed its shard. */
const LOOK_EVERY_MS = 10_000;

/** A worker's state. */
interface Worker {
  readonly store: Store;
  readonly source: Source;
  readonly manifest: Manifest;
  readonly engine: Engine | undefined;
  readonly options: JobOptions;
  readonly tell: (pictures: number) => void;
}

/** Computes a shard and writes it. */
async function writeShard(
  { store, source, manifest, engine, options, tell }: Worker,
  index: number,
): Promise<Finished> {
  const file = shardName(index, manifest.shards);
  const labels = new Labels(manifest.multiLabel);
  const skipped: string[] = [];
  const gaps: number[] = [];
  const skip = (names: readonly string[]) => {
    for (const name of names) {
      gaps.push(pictures + skipped.length);
      skipped.push(name);
    }
  };
  let pictures = 0;
  let looked = performance.now();
  try {
    await store.write(file, async (append) => {
      const { shape, dtype } = manifest;
      const texts = manifest.views > 1 ? ([...TEXTS, VIEW] as const) : TEXTS;
      const table = await TableWriter.open(append, { texts, shape, dtype });
      const pending: string[] = [];
      const listed = async function* () {
        for await (const entry of source.entries(index)) {
          pending.push(entry.name);
          yield entry;
        }
      };
      const { batchSize, views, strict, signal, onWarning } = options;
      const how = { batchSize, views, strict, signal, onWarning };
      for await (const batch of computeFeatures(
        present(engine, 'engine'),
        manifest.backbone.inputSize,
        listed(),
        how,
      )) {
        for (const { entry, sha256, rows } of batch) {
          const { name: path, label, split = null } = entry;
          labels.add(label, { file, at: `for ${path}` });
          for (const row of rows) await table.add({ path, label, split, sha256, ...row });
          // Batches keep the order of the list.
          skip(pending.splice(0, pending.indexOf(path)));
          pending.shift();
          pictures++;
        }
        tell(batch.length);
        if (performance.now() - looked < LOOK_EVERY_MS) continue;
        const other = await keptShard(store, index, manifest);
        if (other) throw new Overtaken(other);
        looked = performance.now();
      }
      skip(pending);
      if (pictures === 0 && skipped.length > 0) {
        throw new PictureError(
          `pictures: expected pictures that can be decoded, got none among ${skipped.length} in shard ${index}`,
        );
      }
      await table.end({ job: jobOf(manifest), shard: index, skipped, gaps } satisfies ShardNote);
    });
  } catch (error) {
    if (error instanceof Overtaken) return error.finished;
    throw error;
  }
  return { shard: { index, file, isKept: false, pictures, skipped }, labels };
}

/** A shard that is there; undefined if there is none, or it is torn. */
async function keptShard(
  store: Store,
  index: number,
  manifest: Manifest,
): Promise<Finished | undefined> {
  const found = await openShard(store, manifest, index);
  const file = shardName(index, manifest.shards);
  if (found === 'foreign') {
    fail(
      `${store.name}/${file}`,
      'a file of this extraction',
      'another one',
      'remove it, and extract again',
    );
  }
  if (typeof found === 'string' || !(await found.isWhole())) return undefined;
  const { skipped = [] } = found.note as Partial<ShardNote>;
  const { multiLabel, views } = manifest;
  const labels = new Labels(multiLabel);
  await found.texts('label', (text, row) => {
    if (row % views === 0) labels.add(text, { file, at: `in row ${row}` });
  });
  const pictures = found.note.rows / views;
  return { shard: { index, file, isKept: true, pictures, skipped }, labels };
}

/**
 * Computes the features of pictures, and writes them to one file per shard. Shards that are there are left as they are, so the same
 * call continues what was interrupted, and any number of processes can share the work.
 *
 * @throws ArgumentError if the store has features of another extraction, or an option is invalid; PictureError if a picture can't be
 *   decoded and `strict` is set; the signal's reason
 */
export async function runJob(
  store: Store,
  backbone: Backbone,
  source: Source,
  options: JobOptions,
): Promise<Manifest> {
  const { dtype, head, engine: name, views = [], signal, onProgress, onShard } = options;
  requireOneOf('dtype', dtype, FLOAT_FORMATS);
  await requireEngineFor(backbone.model, name);
  const { extraction, featureShape, dispose } = extractionOf(backbone, head, name);
  let engine: Engine | undefined;
  try {
    // The backbone is hashed once: that takes 0.4 s for a ResNet-50.
    const [hash = '', , , reduction = ''] = await extraction.key();
    const { count = null, sha256, classes = null, multiLabel, shards } = source;
    const { preprocessing, inputSize } = backbone;
    await tf.ready();
    const facts = {
      ...{ version: VERSION, shards, pictures: { count, sha256 }, classes, multiLabel },
      backbone: { name: shortName(backbone.name), sha256: hash, preprocessing, inputSize },
      pooling: reduction === '' ? null : reduction,
      ...{ featureShape, shape: extraction.shape },
      ...{ views: imagesOf(views), viewKinds: views, dtype },
    } satisfies Omit<Manifest, 'engine'>;
    const own = options.own ?? [...Array(shards).keys()];
    let manifest = await readManifest(store);
    if (manifest)
      requireSame(store, manifest, { ...facts, ...(name && { engine: withBackend(name) }) });
    const kept = new Map<number, Finished>();
    for (const index of manifest ? own : []) {
      const found = manifest && (await keptShard(store, index, manifest));
      if (found) kept.set(index, found);
    }
    if (manifest === undefined || kept.size < own.length) {
      engine = await extraction.start();
      const whole: Manifest = { ...facts, engine: withBackend(engine.name) };
      if (manifest === undefined) await store.create(MANIFEST_FILE, textOf(whole));
      // Another worker may have written it first.
      manifest = (await readManifest(store)) ?? whole;
      requireSame(store, manifest, whole);
    }
    let done = 0;
    // Of n pictures, the shard i has every one whose number is i more than a multiple of the number of shards.
    const mine = (all: number) => own.reduce((sum, i) => sum + Math.ceil((all - i) / shards), 0);
    const total = count === null ? undefined : mine(count);
    const tell = (pictures: number) => {
      done += pictures;
      onProgress?.({ label: 'features', done, total, unit: 'pictures' });
    };
    for (const index of own) {
      signal?.throwIfAborted();
      const found = kept.get(index);
      if (found) done += found.shard.pictures;
      const worker = { store, source, manifest, engine, options, tell };
      const { shard, labels } = found ?? (await writeShard(worker, index));
      onShard?.(shard, labels);
    }
    return manifest;
  } finally {
    await engine?.dispose();
    dispose();
  }
}
