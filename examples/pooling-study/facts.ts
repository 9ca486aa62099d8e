import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { writeWhole } from './write-whole.js';

/** What has to be the same for all results in a folder. */
export type Facts = Readonly<Record<string, unknown>>;

const MOST_SHOWN = 60;

function shown(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/**
 * Reads a JSON file.
 *
 * @throws Error that names the file if it has no JSON
 */
export async function readJson<T>(file: string): Promise<T> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`${file}: expected JSON`, { cause: error });
  }
}

/**
 * Keeps facts in a file.
 *
 * @param hasResults whether there are results already, which may not be without facts
 * @throws Error if the file has others: results of other pictures, backbones or plans would be mixed
 */
export async function keepFacts(file: string, facts: Facts, hasResults: boolean): Promise<void> {
  let known: Facts | undefined;
  try {
    known = await readJson<Facts>(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (known === undefined) {
    if (hasResults) {
      throw new Error(
        `${file}: expected what the results beside it are of, got no such file; choose another --out`,
      );
    }
    await writeWhole(file, `${JSON.stringify(facts)}\n`);
    return;
  }
  for (const name of new Set([...Object.keys(facts), ...Object.keys(known)])) {
    if (isDeepStrictEqual(facts[name], known[name])) continue;
    throw new Error(
      `${file}: expected ${name} ${shown(facts[name])}, got ${shown(known[name])}; choose another --out`,
    );
  }
}
