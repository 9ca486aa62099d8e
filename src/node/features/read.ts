import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { ArgumentError, present, reject, requireLabels } from '../../errors.js';
import { volume } from '../../layers/cost/layer-cost.js';
import type { FeatureFiles } from '../../pictures/feature-files.js';
import { halfToFloat } from '../../weights/formats/half.js';
import { type Entry, readSafetensorsHeader } from '../../weights/formats/safetensors.js';
import { view } from '../../weights/formats/view.js';
import { toPath } from '../folder-files.js';
import { readFolder } from '../write/folder.js';
import { type FeatureIndex, INDEX_FILE, requireIndex, shardName } from './format.js';

const VALUE_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2 };
const LABEL_BYTES = 4;

interface Shard {
  readonly path: string;
  /** Changes if another file takes its place, or its content changes. */
  readonly identity: string;
  /** Index of its first image. */
  readonly from: number;
  /** Position of the first image's features in the file. */
  readonly begin: number;
  readonly valueBytes: number;
}

async function readAt(file: FileHandle, position: number, size: number, path: string) {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, position + length);
    if (bytesRead === 0) {
      throw new ArgumentError(`${path}: expected ${size} bytes at ${position}, got ${length}`);
    }
    length += bytesRead;
  }
  return bytes;
}

/** Opens a file for as long as `use` runs. */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    const file = await open(path);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new ArgumentError(
      `${path}: expected a file of features, got ${(cause as Error).message}; extract them again`,
      { cause },
    );
  }
}

async function identityOf(file: FileHandle): Promise<string> {
  const { dev, ino, size, mtimeNs } = await file.stat({ bigint: true });
  return [dev, ino, size, mtimeNs].join();
}

/** Checks a shard and reads its labels. */
async function openShard(
  folder: string,
  number: number,
  from: number,
  { classes, shape, images, labelSets }: FeatureIndex,
): Promise<Shard & { readonly labels: Int32Array }> {
  const path = join(folder, shardName(number));
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const { entries, end } = await readSafetensorsHeader(
      (to) => readAt(file, 0, Math.min(to, size), path),
      size,
      path,
    );
    const count = images[number] ?? 0;
    const find = (name: string, wanted: readonly number[], dtypes: readonly string[]): Entry => {
      const entry = entries.find((each) => each.name === name);
      const { dtype = 'none', shape: got = [] } = entry ?? {};
      if (entry && dtypes.includes(dtype) && got.join() === wanted.join()) return entry;
      return reject(
        path,
        `${name} ${dtypes.join(' or ')} [${wanted.join(', ')}]`,
        `${dtype} [${got.join(', ')}]`,
      );
    };
    const features = find('features', [count, ...shape], Object.keys(VALUE_BYTES));
    const { begin } = find('labels', [count], ['I32']);
    const labels = view(await readAt(file, end + begin, LABEL_BYTES * count, path), Int32Array);
    requireLabels(`${path}: labels`, labels, { classes: (labelSets ?? classes).length });
    const valueBytes = present(VALUE_BYTES[features.dtype], 'size of a value');
    const identity = await identityOf(file);
    return { path, identity, from, begin: end + features.begin, valueBytes, labels };
  });
}

/** Consecutive images in a shard that are read at once. */
interface Run {
  /** Index of the first image in the shard. */
  readonly from: number;
  /** Where they belong in the result. */
  readonly to: number;
  readonly count: number;
}

/** The shard that an image is in. */
function shardOf(image: number, shards: readonly Shard[]): Shard {
  let [low, high] = [0, shards.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (present(shards[middle], 'shard').from <= image) low = middle;
    else high = middle - 1;
  }
  return present(shards[low], 'shard');
}

/** Groups images by shard, in runs of consecutive ones. */
function runsOf(images: Int32Array, shards: readonly Shard[]): Map<Shard, Run[]> {
  const found = new Map<Shard, Run[]>();
  let run = { from: NaN, to: 0, count: 0 };
  let shard: Shard | undefined;
  const end = () => {
    if (shard === undefined) return;
    const runs = found.get(shard);
    if (runs) runs.push(run);
    else found.set(shard, [run]);
  };
  images.forEach((image, to) => {
    const owner = shardOf(image, shards);
    const from = image - owner.from;
    if (owner === shard && from === run.from + run.count) {
      run = { ...run, count: run.count + 1 };
      return;
    }
    end();
    [shard, run] = [owner, { from, to, count: 1 }];
  });
  end();
  return found;
}

async function readIndex(folder: string): Promise<FeatureIndex> {
  const path = join(folder, INDEX_FILE);
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    reject('folder', 'a folder that extractFeatures wrote', folder, 'there is no such folder');
  }
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ArgumentError(
      `${folder}: expected a folder that extractFeatures wrote, got ${isMissing ? `one without ${INDEX_FILE}` : (cause as Error).message}`,
      { cause },
    );
  });
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch {
    reject(path, 'JSON', 'something else', 'extract the features again');
  }
  requireIndex(index);
  return index;
}

/** Opens a folder of features; see `openFeatures`. Opens it again if it is replaced meanwhile. */
export function openFolder(source: string | URL): Promise<FeatureFiles> {
  const folder = toPath(source);
  return readFolder(folder, () => openOnce(folder));
}

async function openOnce(folder: string): Promise<FeatureFiles> {
  const index = await readIndex(folder);
  const { classes, shape, featureShape, labelSets, views } = index;
  const shards: Shard[] = [];
  const parts: Int32Array[] = [];
  let from = 0;
  for (const number of index.images.keys()) {
    const { labels: own, ...shard } = await openShard(folder, number, from, index);
    parts.push(own);
    shards.push(shard);
    from += own.length;
  }
  // Allocated once the files are known to have as many.
  const labels = new Int32Array(from);
  parts.forEach((own, i) => {
    labels.set(own, shards[i]?.from);
  });
  const size = volume(shape);
  return {
    ...{ classes, labels, shape, featureShape },
    ...(labelSets && { labelSets }),
    ...(views !== undefined && { views }),
    async read(images) {
      const wrong = images.find((image) => !(image >= 0 && image < labels.length));
      if (wrong !== undefined) reject('images', `indices from 0 to ${labels.length - 1}`, wrong);
      const values = new Float32Array(images.length * size);
      for (const [{ path, identity, begin, valueBytes }, runs] of runsOf(images, shards)) {
        const rowBytes = size * valueBytes;
        await withFile(path, async (file) => {
          if ((await identityOf(file)) !== identity) {
            throw new ArgumentError(
              `${path}: expected the file that was opened, got another one or other content; open the features again`,
            );
          }
          for (const { from: first, to, count } of runs) {
            const bytes = await readAt(file, begin + first * rowBytes, count * rowBytes, path);
            const read =
              valueBytes === 2 ? halfToFloat(view(bytes, Uint16Array)) : view(bytes, Float32Array);
            values.set(read, to * size);
          }
        });
      }
      return tf.tensor(values, [images.length, ...shape]);
    },
  };
}
