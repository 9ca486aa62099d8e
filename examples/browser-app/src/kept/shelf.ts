import type { NamedPictures } from '../classes.js';
import type { Settings } from '../choice.js';
import { decodePicture, encodeAtOnce, encodePicture, type Picture } from '../pictures.js';
import { openDatabase, result, type StoreName, write } from './database.js';
import {
  type ClassifierRecord,
  isClassifier,
  isPicture,
  isProject,
  type PictureRecord,
  type ProjectRecord,
} from './records.js';

/** The only key of the stores that have one record. */
const ONLY = 'only';

export interface Project {
  readonly settings: Settings;
  readonly classes: readonly NamedPictures[];
}

export interface KeptProject extends Project {
  /** How many pictures could not be read. */
  readonly damaged: number;
}

/** The record of the project is not what this page writes. */
export class DamagedProject extends Error {}

/** The project in the browser's storage. */
export class Shelf {
  private database: IDBDatabase | undefined;
  /** The keys of the pictures that this page knows, stored or not. */
  private keys = new WeakMap<Picture, number>();
  private stored: ReadonlySet<number> = new Set();
  /** The keys of the pictures that are or may be stored. */
  private readonly tried = new Set<number>();
  /** Pictures that are about to be stored. */
  private readonly encoded = new Map<number, Uint8Array<ArrayBuffer>>();
  /** The stored record of the project as JSON, if it is known. */
  private record: string | undefined;
  private nextKey = 1;

  /** @returns undefined if no project is kept; throws DamagedProject if it can't be restored */
  async read(): Promise<KeptProject | undefined> {
    // Another tab may have changed everything.
    this.close();
    this.keys = new WeakMap();
    this.tried.clear();
    this.encoded.clear();
    this.record = undefined;
    const database = await this.open();
    const transaction = database.transaction(['project', 'pictures']);
    const pictures = transaction.objectStore('pictures');
    const [found, keys, values] = await Promise.all([
      result<unknown>(transaction.objectStore('project').get(ONLY)),
      result(pictures.getAllKeys()),
      result<unknown[]>(pictures.getAll()),
    ]);
    const records = new Map(keys.map((key, i) => [Number(key), values[i]]));
    if (found === undefined) return undefined;
    if (!isProject(found)) throw new DamagedProject();
    return this.restore(found, records);
  }

  private async restore(
    { settings, classes }: ProjectRecord,
    records: ReadonlyMap<number, unknown>,
  ): Promise<KeptProject> {
    let damaged = 0;
    const restored: NamedPictures[] = [];
    for (const { name, pictures } of classes) {
      const decoded = await Promise.all(
        pictures.map(async (key) => {
          const record = records.get(key);
          const picture = isPicture(record)
            ? await decodePicture(new Blob([record.png]), record.name).catch(() => undefined)
            : undefined;
          if (picture === undefined) damaged += 1;
          else this.keys.set(picture, key);
          return picture ?? [];
        }),
      );
      restored.push({ name, pictures: decoded.flat() });
    }
    // As it is shown: damaged pictures are deleted with the next change, not at once.
    this.record = JSON.stringify(this.recordOf({ settings, classes: restored }));
    return { settings, classes: restored, damaged };
  }

  /** Whether a project is another than the stored one. */
  differs(project: Project): boolean {
    return JSON.stringify(this.recordOf(project)) !== this.record;
  }

  /** Does what takes time, so that `write` begins at once. */
  async prepare(project: Project): Promise<void> {
    // Tells which pictures are stored.
    await this.open();
    await Promise.all(
      [...this.pictures(project)].map(async ([key, picture]) => {
        if (this.stored.has(key) || this.encoded.has(key)) return;
        this.encoded.set(key, await encodePicture(picture));
      }),
    );
  }

  /** Stores a project in place of the previous one, completely or not at all. What it changes is handed to the browser before it returns. */
  async write(project: Project): Promise<void> {
    const { database } = this;
    if (database === undefined) throw new Error('its database is closed');
    const record = this.recordOf(project);
    const all = this.pictures(project);
    const fresh = [...all].filter(([key]) => !this.stored.has(key));
    const writing = this.change(database, ['project', 'pictures'], (transaction) => {
      const pictures = transaction.objectStore('pictures');
      for (const [key, picture] of fresh) {
        const png = this.encoded.get(key) ?? encodeAtOnce(picture);
        pictures.put({ name: picture.name, png } satisfies PictureRecord, key);
      }
      for (const key of this.tried) if (!all.has(key)) pictures.delete(key);
      transaction.objectStore('project').put(record, ONLY);
    });
    for (const key of all.keys()) this.tried.add(key);
    await writing;
    this.encoded.clear();
    this.stored = new Set(all.keys());
    this.record = JSON.stringify(record);
  }

  private pictures({ classes }: Pick<Project, 'classes'>): ReadonlyMap<number, Picture> {
    const all = classes.flatMap(({ pictures }) => pictures);
    return new Map(all.map((picture) => [this.keyOf(picture), picture]));
  }

  /** @returns the kept classifier; undefined if there is none */
  async readClassifier(): Promise<ClassifierRecord | undefined> {
    const store = (await this.open()).transaction('classifier').objectStore('classifier');
    const found = await result<unknown>(store.get(ONLY));
    if (found === undefined || isClassifier(found)) return found;
    throw new Error('its record is damaged');
  }

  /** Stores a classifier, or removes it. */
  async writeClassifier(record: ClassifierRecord | undefined): Promise<void> {
    await this.change(await this.open(), ['classifier'], (transaction) => {
      const store = transaction.objectStore('classifier');
      if (record === undefined) store.delete(ONLY);
      else store.put(record, ONLY);
    });
  }

  /** Tells whether classes and their pictures are the same, also after a reload. */
  signature(classes: readonly NamedPictures[]): string {
    return JSON.stringify(
      classes.map(({ name, pictures }) => [
        name.trim(),
        pictures.map((picture) => this.keyOf(picture)),
      ]),
    );
  }

  private recordOf({ settings, classes }: Project): ProjectRecord {
    return {
      version: 1,
      settings,
      classes: classes.map(({ name, pictures }) => {
        return { name, pictures: pictures.map((picture) => this.keyOf(picture)) };
      }),
    };
  }

  private keyOf(picture: Picture): number {
    const key = this.keys.get(picture) ?? this.nextKey++;
    this.keys.set(picture, key);
    return key;
  }

  private async change(
    database: IDBDatabase,
    stores: readonly StoreName[],
    change: (transaction: IDBTransaction) => void,
  ): Promise<void> {
    try {
      await write(database, stores, change);
    } catch (error) {
      this.record = undefined;
      this.close();
      throw error;
    }
  }

  private async open(): Promise<IDBDatabase> {
    if (this.database !== undefined) return this.database;
    const database = await openDatabase();
    const keys = await result(
      database.transaction('pictures').objectStore('pictures').getAllKeys(),
    );
    this.stored = new Set(keys.map(Number));
    for (const key of this.stored) this.tried.add(key);
    this.nextKey = Math.max(this.nextKey, ...keys.map((key) => Number(key) + 1));
    // The browser closes it if the user clears the page's data: what is stored has to be found out again.
    database.onclose = () => {
      this.database = undefined;
      this.record = undefined;
    };
    this.database = database;
    return database;
  }

  private close(): void {
    this.database?.close();
    this.database = undefined;
  }
}
