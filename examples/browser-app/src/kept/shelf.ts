import type { NamedPictures } from '../classes.js';
import type { Settings } from '../choice.js';
import { decodePicture, encodePicture, type Picture } from '../pictures.js';
import { openDatabase, result, type StoreName, write } from './database.js';
import { isClassifier, isPicture, isProject, type ProjectRecord } from './records.js';

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
  /** The stored record of the project as JSON, if it is known. */
  private record: string | undefined;
  private nextKey = 1;

  /** @returns undefined if no project is kept; throws DamagedProject if it can't be restored */
  async read(): Promise<KeptProject | undefined> {
    // Another tab may have changed everything.
    this.close();
    this.keys = new WeakMap();
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
            ? await decodePicture(record.blob, record.name).catch(() => undefined)
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

  /**
   * Stores a project in place of the previous one, completely or not at all.
   *
   * @returns whether it differs from the previous one
   */
  async write(project: Project): Promise<boolean> {
    // Tells which pictures are stored.
    await this.open();
    const record = this.recordOf(project);
    const json = JSON.stringify(record);
    if (json === this.record) return false;
    const all = new Map(
      project.classes
        .flatMap(({ pictures }) => pictures)
        .map((picture) => [this.keyOf(picture), picture] as const),
    );
    const fresh = await Promise.all(
      [...all]
        .filter(([key]) => !this.stored.has(key))
        .map(async ([key, picture]) => {
          return { key, name: picture.name, blob: await encodePicture(picture) };
        }),
    );
    await this.change(['project', 'pictures'], (transaction) => {
      const pictures = transaction.objectStore('pictures');
      for (const { key, ...picture } of fresh) pictures.put(picture, key);
      for (const key of this.stored) if (!all.has(key)) pictures.delete(key);
      transaction.objectStore('project').put(record, ONLY);
    });
    this.stored = new Set(all.keys());
    this.record = json;
    return true;
  }

  /** @returns the files of the kept classifier; undefined if there is none */
  async readClassifier(): Promise<Readonly<Record<string, Uint8Array>> | undefined> {
    const store = (await this.open()).transaction('classifier').objectStore('classifier');
    const found = await result<unknown>(store.get(ONLY));
    if (found === undefined || isClassifier(found)) return found;
    throw new Error('its record is damaged');
  }

  /** Stores a classifier's files, or removes them. */
  async writeClassifier(files: Readonly<Record<string, Uint8Array>> | undefined): Promise<void> {
    await this.change(['classifier'], (transaction) => {
      const store = transaction.objectStore('classifier');
      if (files === undefined) store.delete(ONLY);
      else store.put(files, ONLY);
    });
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
    stores: readonly StoreName[],
    change: (transaction: IDBTransaction) => void,
  ): Promise<void> {
    try {
      await write(await this.open(), stores, change);
    } catch (error) {
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
