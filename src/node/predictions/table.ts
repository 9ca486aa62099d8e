import { appendFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { ClassifiedFile } from '../../classifier/classified-file.js';
import { reject } from '../../errors.js';
import { type Append, buildFile, type FileKind, requireFile } from '../write/file.js';
import { toldAsArgument } from '../write/place.js';
import type { Column } from './columns.js';
import type { writeParquet } from './parquet.js';

export const TABLES = ['.csv', '.json', '.parquet'] as const;
export type TableExtension = (typeof TABLES)[number];

/** The kind of a table by its name. */
export function extensionOf(file: string): TableExtension {
  const extension = extname(file).toLowerCase();
  return (
    TABLES.find((each) => each === extension) ??
    reject('out', `a name that ends in ${TABLES.join(', ')}`, file)
  );
}

/** Nothing is overwritten: a table that somebody has corrected looks like one that was just written. */
const TABLE: FileKind = { name: 'a table of predictions' };

/**
 * Checks that a table can be written, before work begins.
 *
 * @returns the path without links
 * @throws ArgumentError if its name has another ending or a file is there
 */
export async function requireTable(file: string): Promise<string> {
  extensionOf(file);
  return requireFile(file, TABLE);
}

/** A line of a .csv file, in quotes where RFC 4180 wants them. */
const csvLine = (values: readonly unknown[]): string => stringify([values]);

/** A path that no spreadsheet takes for a formula. */
const plainPath = (path: string): string => (/^[=+@\t-]/.test(path) ? `./${path}` : path);

const csvRow = (columns: readonly Column[], answer: ClassifiedFile): string => {
  const plain = { ...answer, path: plainPath(answer.path) };
  return csvLine(columns.map(({ of }) => of(plain)));
};

async function writeCsv(
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
  append: Append,
): Promise<void> {
  await append(csvLine(columns.map(({ name }) => name)));
  for await (const answer of answers) await append(csvRow(columns, answer));
}

async function writeJson(answers: AsyncIterable<ClassifiedFile>, append: Append): Promise<void> {
  let between = '[\n';
  for await (const answer of answers) {
    await append(`${between}${JSON.stringify(answer)}`);
    between = ',\n';
  }
  await append(between === '[\n' ? '[]\n' : '\n]\n');
}

// On demand: few tables are Parquet files.
const writeRows: typeof writeParquet = async (...args) =>
  (await import('./parquet.js')).writeParquet(...args);

/** Writes answers to a table as they come, completely or not at all. */
export async function writeTable(
  file: string,
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
): Promise<void> {
  const extension = extensionOf(file);
  const build = (append: Append): Promise<void> => {
    if (extension === '.json') return writeJson(answers, append);
    if (extension === '.csv') return writeCsv(answers, columns, append);
    return writeRows(answers, columns, append);
  };
  await buildFile(file, build, TABLE);
}

/** Appends answers to a .csv file that {@link writeTable} wrote, one whole line at a time. */
export async function appendToCsv(
  file: string,
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
): Promise<void> {
  for await (const answer of answers) {
    await toldAsArgument(file, 'file', () => appendFile(file, csvRow(columns, answer)));
  }
}
