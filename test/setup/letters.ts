import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderFile, FolderKind } from '../../src/node/write/folder';

/** A folder of two files that belong together. */
export const LETTERS: FolderKind = {
  name: 'letters',
  files: ['first', 'more/second'],
  isOurs: async (folder) => /^[a-z]+$/.test(await readFile(join(folder, 'first'), 'utf8')),
};

export const letters = (text: string): FolderFile[] => [
  { path: 'first', bytes: text },
  { path: 'more/second', bytes: text.repeat(1_000) },
];

/** Both files of {@link letters}; throws where one is missing. */
export async function readLetters(folder: string): Promise<string> {
  const [first, second] = await Promise.all(
    LETTERS.files.map((file) => readFile(join(folder, String(file)), 'utf8')),
  );
  if (first?.repeat(1_000) !== second) throw new Error(`letters of two: ${String(first)}`);
  return first ?? '';
}
