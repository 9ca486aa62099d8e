import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ArgumentError, reject, show } from '../../errors.js';
import { isAddress } from '../remote/address.js';

/** A row of a table, by the names of its columns. */
export interface TableRow {
  readonly record: Readonly<Record<string, string>>;
  /** Number of its line. */
  readonly line: number;
}

/** What csv-parse returns of a row. */
interface Recorded {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/** Other separators, such as those of spreadsheets where the comma is the decimal sign. */
const OTHER_SEPARATORS = /[;\t|]/;

/** Enough for ten million pictures at about 25 bytes each. */
const MAX_BYTES = 2 ** 28;

/** Throws an error about a file, in which `got` is words rather than a value. */
export function fail(place: string, expected: string, got: string, remedy: string): never {
  throw new ArgumentError(`${place}: expected ${expected}, got ${got}; ${remedy}`);
}

const tooLarge = (file: string, bytes: number): ArgumentError =>
  new ArgumentError(
    `${file}: expected at most ${MAX_BYTES} bytes, got ${bytes}; split it into several files`,
  );

/** Reads UTF-8. In other encodings, characters would be replaced by the same mark, and so different classes could get the same name. */
function decode(file: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw tooLarge(file, bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail(file, 'text in UTF-8', 'another encoding', 'save it as UTF-8');
  }
}

/** The text of a `.csv` file at a path or an address. */
export async function readText(
  subject: string,
  file: string,
  signal?: AbortSignal,
): Promise<string> {
  if (isAddress(file)) {
    const { readAddress } = await import('../remote/stream.js');
    const refuse = (bytes: number) => tooLarge(file, bytes);
    return decode(file, await readAddress(file, MAX_BYTES, refuse, { signal }));
  }
  const bytes = await readFile(file).catch((cause: unknown) =>
    reject(subject, 'a .csv file that can be read', file, (cause as Error).message),
  );
  return decode(file, bytes);
}

/**
 * Reads a `.csv` file whose first line names the columns.
 *
 * @param subject what an error calls a file that can't be read
 * @throws ArgumentError if it isn't such a file, or one of the columns is missing
 */
export async function readTable(
  subject: string,
  file: string,
  required: readonly string[],
): Promise<TableRow[]> {
  return parseTable(file, await readText(subject, file), required);
}

/** {@link readTable} of its text. */
export function parseTable(file: string, text: string, required: readonly string[]): TableRow[] {
  let names: readonly string[] = [];
  const columns = (found: string[]) => {
    names = found;
    const twice = found.find((name, i) => found.indexOf(name) !== i);
    if (twice === undefined) return found;
    return fail(file, 'each column once', `${show(twice)} twice`, 'rename or remove one of them');
  };
  let records: readonly Recorded[];
  try {
    const options = { bom: true, columns, skip_empty_lines: true, trim: true, info: true };
    records = parse(text, options) as unknown as Recorded[];
  } catch (cause) {
    if (cause instanceof ArgumentError) throw cause;
    throw new ArgumentError(
      `${file}: expected comma-separated values, got ${(cause as Error).message}; quote fields that contain a comma`,
      { cause },
    );
  }
  if (!required.every((name) => names.includes(name))) {
    const [only = ''] = names;
    const remedy =
      names.length === 1 && OTHER_SEPARATORS.test(only)
        ? 'separate the columns with commas'
        : 'add the column names';
    const which = required.length === 1 ? 'column' : 'columns';
    const got = names.length === 0 ? 'no rows' : names.join(', ');
    fail(file, `a first line with the ${which} ${required.join(' and ')}`, got, remedy);
  }
  return records.map(({ record, info }) => ({ record, line: info.lines }));
}

/**
 * Reads the column `path` of a `.csv` file, such as `review` writes.
 *
 * @returns absolute paths, as those in the file are relative to it
 */
export async function readPaths(subject: string, file: string): Promise<string[]> {
  const rows = await readTable(subject, file, ['path']);
  return rows.map(({ record: { path = '' }, line }) =>
    path === ''
      ? fail(file, 'a path in each row', `none in line ${line}`, 'fill it in, or remove the row')
      : resolve(dirname(file), path),
  );
}
