import { readFile } from 'node:fs/promises';
import { name, version } from '../../package.json';
import { type FileKind, writeFile } from './write/file.js';

/** Name of the file of a training run's course and settings, in the classifier's folder. */
export const HISTORY_FILE = 'history.json';

/** Whether this package wrote a history. */
export async function isHistory(file: string): Promise<boolean> {
  const { generator } = JSON.parse(await readFile(file, 'utf8')) as {
    readonly generator?: unknown;
  };
  return typeof generator === 'string' && generator.startsWith(`${name} `);
}

const HISTORY: FileKind = { name: 'a history', isOurs: isHistory };

/** Writes a training run as JSON, completely or not at all. */
export const writeHistory = (path: string, run: object): Promise<void> =>
  writeFile(
    path,
    `${JSON.stringify({ generator: `${name} ${version}`, ...run }, null, 2)}\n`,
    HISTORY,
  );
