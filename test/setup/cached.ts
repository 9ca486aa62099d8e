import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../src/errors';
import { localFile } from '../../src/node/features/local-store';
import { openTable } from '../../src/node/features/table';

/** Paths of the files of a cache of features. */
export const cachedFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => join(folder, name));

/** How many pictures a file of a cache has. */
export async function picturesIn(path: string): Promise<number> {
  const { note } = await openTable(present(await localFile(path), 'file'));
  return note.rows;
}
