import { readFile } from 'node:fs/promises';
import { writeWhole } from './write-whole.js';

/** Reads the records in a JSON file; none if there is no such file. */
export async function readRecords<T>(file: string): Promise<T[]> {
  try {
    const records = JSON.parse(await readFile(file, 'utf8')) as unknown;
    if (Array.isArray(records)) return records as T[];
    throw new Error('not an array');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${file}: expected records as JSON`, { cause: error });
  }
}

/** Records in a JSON file, which is written anew with each, so that an interrupted part goes on. */
export class Records<T> {
  private constructor(
    private readonly file: string,
    private readonly nameOf: (record: T) => string,
    private readonly records: T[],
  ) {}

  static async open<T>(file: string, nameOf: (record: T) => string): Promise<Records<T>> {
    return new Records(file, nameOf, await readRecords<T>(file));
  }

  has(name: string): boolean {
    return this.records.some((each) => this.nameOf(each) === name);
  }

  /** Adds a record; the file is written whole or not at all. */
  async add(record: T): Promise<void> {
    this.records.push(record);
    const lines = this.records.map((each) => `  ${JSON.stringify(each)}`);
    await writeWhole(this.file, `[\n${lines.join(',\n')}\n]\n`);
  }
}
