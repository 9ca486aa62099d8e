import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { sha256 } from '../sha256.js';
import { Tolerant } from '../weights/download/tolerant.js';
import { localFile } from './features/local-store.js';
import { type FeatureTable, openTable } from './features/table.js';
import { type TableRow, TableWriter } from './features/table-writer.js';

/** Values in a file: 64 MB. */
const FILE_VALUES = 2 ** 24;

/** So many smaller files are joined. */
const MOST_SMALL = 8;

/** What a killed process can lose: so many pictures, or the work of so many milliseconds. */
const MOST_HELD = 256;
const HOLD_MS = 5_000;

const FILE = /^[\da-f-]{36}\.parquet$/;

/** Caches features on disk, by the content of their picture. */
export interface FeatureCache {
  /** Reads a picture's features; undefined if they aren't cached, or their file is incomplete, foreign or damaged. */
  read(pictureSha256: string): Promise<Float32Array | undefined>;
  /** Stores features, soon. If that fails, the first failure is reported, and nothing more is written. */
  write(pictureSha256: string, features: Float32Array): Promise<void>;
  /** Names of what is cached, by the SHA-256 of the picture. */
  list(): Promise<ReadonlyMap<string, string>>;
  /** Stores what has been written. */
  close(): Promise<void>;
}

/** A row of a file. */
interface Place {
  readonly file: CacheFile;
  readonly row: number;
}

/** A file of the cache. */
interface CacheFile {
  readonly path: string;
  readonly table: FeatureTable;
  /** Whether it is as it was written, once that is known. */
  isWhole?: boolean;
}

/** Features of pictures in the files of a folder, all computed in the same way. */
class Files implements FeatureCache {
  private index: Promise<Map<string, Place>> | undefined;
  private held: (TableRow & { readonly sha256: string })[] = [];
  private since = 0;

  constructor(
    private readonly place: string,
    /** What tells features that were computed in another way. */
    private readonly way: string,
    private readonly shape: Shape,
    private readonly tolerant: Tolerant,
  ) {}

  async read(picture: string): Promise<Float32Array | undefined> {
    for (const isLast of [false, true]) {
      const found = (await this.places()).get(picture);
      if (found === undefined) return undefined;
      try {
        const { file, row } = found;
        file.isWhole ??= await file.table.isWhole();
        if (file.isWhole) return await file.table.values(row, 1);
        // Its pictures may be in another file, too.
        await rm(file.path, { force: true });
      } catch {
        // Another process has joined it with others.
      }
      if (!isLast) this.index = undefined;
    }
    return undefined;
  }

  async write(picture: string, values: Float32Array): Promise<void> {
    if (this.held.length === 0) this.since = performance.now();
    this.held.push({ sha256: picture, values });
    const isFull = this.held.length * volume(this.shape) >= FILE_VALUES;
    const isDue = performance.now() - this.since > HOLD_MS;
    if (isFull || isDue || this.held.length >= MOST_HELD) await this.flush();
  }

  async list(): Promise<ReadonlyMap<string, string>> {
    const places = await this.places();
    return new Map([...places.keys()].map((picture) => [picture, join(this.place, picture)]));
  }

  async close(): Promise<void> {
    await this.flush();
    this.index = undefined;
  }

  private places(): Promise<Map<string, Place>> {
    return (this.index ??= this.readIndex());
  }

  private async readIndex(): Promise<Map<string, Place>> {
    const index = new Map<string, Place>();
    for (const file of await this.files()) {
      // A damaged file has no rows.
      await file.table
        .texts('sha256', (picture, row) => {
          if (picture !== null) index.set(picture, { file, row });
        })
        .catch(() => undefined);
    }
    return index;
  }

  /** The complete files. */
  private async files(): Promise<CacheFile[]> {
    // Nothing has been cached if there is no such folder.
    const names = await readdir(this.place).catch(() => []);
    const files: CacheFile[] = [];
    for (const path of names
      .filter((name) => FILE.test(name))
      .map((name) => join(this.place, name))) {
      const table = await this.open(path).catch(() => undefined);
      if (table !== undefined) files.push({ path, table });
    }
    return files;
  }

  private async open(path: string): Promise<FeatureTable | undefined> {
    const file = await localFile(path);
    const table = file && (await openTable(file));
    const isOurs = table?.note['way'] === this.way && table.note.shape.join() === this.shape.join();
    return isOurs ? table : undefined;
  }

  private async flush(): Promise<void> {
    const rows = this.held;
    if (rows.length === 0) return;
    this.held = [];
    await this.tolerant.attempt(async () => {
      await mkdir(this.place, { recursive: true });
      await this.put(rows);
      await this.join();
    });
  }

  /** Writes a file without waiting until it is on disk, as readers check its hash. */
  private async put(rows: Iterable<TableRow> | AsyncIterable<TableRow>): Promise<void> {
    const path = join(this.place, `${randomUUID()}.parquet`);
    const draft = `${path}.tmp`;
    try {
      const handle = await open(draft, 'wx');
      try {
        const append = (bytes: string | Uint8Array) => handle.writeFile(bytes);
        const { shape } = this;
        const form = { texts: ['sha256'], shape, dtype: 'float32' } as const;
        const table = await TableWriter.open(append, form);
        for await (const row of rows) await table.add(row);
        await table.end({ way: this.way });
      } finally {
        await handle.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Joins small files to one. */
  private async join(): Promise<void> {
    const most = FILE_VALUES / volume(this.shape);
    const small = (await this.files()).filter(({ table }) => table.note.rows < most / 2);
    if (small.length < MOST_SMALL) return;
    await this.put(rowsIn(small));
    for (const { path } of small) await rm(path, { force: true });
    this.index = undefined;
  }
}

/** The rows of files, each picture once; those of damaged files are left out. */
async function* rowsIn(files: readonly CacheFile[]): AsyncGenerator<TableRow> {
  const seen = new Set<string>();
  for (const { table } of files) {
    if (!(await table.isWhole())) continue;
    const pictures: (string | null)[] = [];
    await table.texts('sha256', (picture) => pictures.push(picture));
    for (const [row, picture] of pictures.entries()) {
      if (picture === null || seen.size === seen.add(picture).size) continue;
      yield { sha256: picture, values: await table.values(row, 1) };
    }
  }
}

/**
 * A cache of features in a folder, for one way of computing them.
 *
 * @param key whatever determines the result: the base, scaling, size, pooling
 * @param shape of one picture's features
 * @param onWarning called once if the folder can't be written
 */
export async function featureCache(
  folder: string,
  key: readonly string[],
  shape: Shape,
  onWarning?: (warning: Error) => void,
): Promise<FeatureCache> {
  const tolerant = new Tolerant((got, cause) => {
    onWarning?.(
      new ArgumentError(
        `${folder}: expected a folder to cache features in, got ${got}; they are computed but not cached`,
        { cause },
      ),
    );
  });
  const way = await sha256(JSON.stringify([...key, shape]));
  return new Files(join(folder, way), way, shape, tolerant);
}
