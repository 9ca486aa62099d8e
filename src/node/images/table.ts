import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
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

/** Throws an error about a file, in which `got` is words rather than a value. */
export function fail(place: string, expected: string, got: string, remedy: string): never {
  throw new ArgumentError(`${place}: expected ${expected}, got ${got}; ${remedy}`);
}

/** The bytes at a path or an address. */
async function* piecesOf(
  subject: string,
  file: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (isAddress(file)) {
    const { streamOf } = await import('../remote/stream.js');
    yield* streamOf(file, { signal });
    return;
  }
  try {
    yield* createReadStream(file, { signal }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal?.throwIfAborted();
    reject(subject, 'a .csv file that can be read', file, (cause as Error).message);
  }
}

/** Decodes UTF-8. In other encodings, characters would be replaced by the same mark, and so different classes could get the same name. */
async function* decode(file: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const told = (piece?: Uint8Array) => {
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
    } catch {
      return fail(file, 'text in UTF-8', 'another encoding', 'save it as UTF-8');
    }
  };
  for await (const piece of pieces) yield told(piece);
  yield told();
}

/**
 * Reads a `.csv` file at a path or an address, row by row. Its first line names the columns.
 *
 * @param subject what an error calls a file that can't be read
 * @throws ArgumentError if it isn't such a file, or one of the columns is missing; NetworkError if an address can't be read
 */
export async function* tableRows(
  subject: string,
  file: string,
  required: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<TableRow> {
  let names: readonly string[] = [];
  // What goes wrong within the parser's streams.
  let failure: unknown;
  const kept = (error: unknown): never => {
    failure ??= error;
    throw error;
  };
  const columns = (found: string[]) => {
    try {
      names = found;
      requireColumns(file, names, required);
      return found;
    } catch (error) {
      return kept(error);
    }
  };
  const text = Readable.from(
    (async function* () {
      try {
        yield* decode(file, piecesOf(subject, file, signal));
      } catch (error) {
        kept(error);
      }
    })(),
  );
  const parser = parse({ bom: true, columns, skip_empty_lines: true, trim: true, info: true });
  text.on('error', (error) => parser.destroy(error)).pipe(parser);
  try {
    for await (const each of parser) {
      const { record, info } = each as Recorded;
      yield { record, line: info.lines };
    }
  } catch (cause) {
    if (failure !== undefined) throw failure as Error;
    throw new ArgumentError(
      `${file}: expected comma-separated values, got ${(cause as Error).message}; quote fields that contain a comma`,
      { cause },
    );
  } finally {
    text.destroy();
    parser.destroy();
  }
  if (names.length === 0) requireColumns(file, names, required);
}

/** Checks the names of the columns. */
function requireColumns(file: string, names: readonly string[], required: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    fail(file, 'each column once', `${show(twice)} twice`, 'rename or remove one of them');
  }
  if (required.every((name) => names.includes(name))) return;
  const [only = ''] = names;
  const remedy =
    names.length === 1 && OTHER_SEPARATORS.test(only)
      ? 'separate the columns with commas'
      : 'add the column names';
  const which = required.length === 1 ? 'column' : 'columns';
  const got = names.length === 0 ? 'no rows' : names.join(', ');
  fail(file, `a first line with the ${which} ${required.join(' and ')}`, got, remedy);
}

/** All of {@link tableRows}. */
export async function readTable(
  subject: string,
  file: string,
  required: readonly string[],
): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for await (const row of tableRows(subject, file, required)) rows.push(row);
  return rows;
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
